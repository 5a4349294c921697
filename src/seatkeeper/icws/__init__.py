"""The ICWS face: the license and connection API of Genesys PureConnect, as its clients know it."""
