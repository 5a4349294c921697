"""x"""
from importlib.metadata import version
