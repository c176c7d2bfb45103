"""Analysis: every figure that is shown is computed here, once; showing it is apart."""
