"""The library of NVIDIA's driver, by ctypes: nothing is installed on a device."""
