"""The only room from which anything leaves this machine."""
