"""The cluster's entry run on this machine, called as consumers call it, and attacked."""
