"""Which resources and features are retired: they answer 410 (decision 12)."""

from collections.abc import Iterable


class Retirement:
    """A bare word names a feature with all its resources; what begins with a slash is one resource, for example
    `/licenses/license-stages`."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self.names: tuple[str, ...] = ()

    def know(self, features: Iterable[str], paths: Iterable[str]) -> None:
        """These can be retired."""
        self._known = frozenset(features) | {f"/{path}" for path in paths}

    def retire(self, names: tuple[str, ...]) -> None:
        """Exactly these are retired from now on. Raises ValueError where one names nothing that there is."""
        for name in names:
            if name not in self._known:
                raise ValueError(f"there is no {name!r}; it can name any of {', '.join(sorted(self._known))}")
        self.names = names

    def covers_feature(self, feature: str) -> bool:
        """Whether this feature is retired as a whole."""
        return feature in self.names

    def covers(self, feature: str, path: str) -> bool:
        """Whether this resource of this feature is retired."""
        return feature in self.names or f"/{path}" in self.names
