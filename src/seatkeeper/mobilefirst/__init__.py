"""The MobileFirst face: as much of the administration API as the licenses of applications need."""
