"""Servanda: will the agreement be kept? Strategic partnerships as models tied to dated evidence."""

from servanda.case import load

__all__ = ["load"]
__version__ = "0.1.0"
