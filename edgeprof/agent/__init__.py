"""What runs on the device: the timing loop, the process around it, and what it can see of the machine."""
