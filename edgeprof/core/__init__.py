"""What every other part agrees on; stdlib only, Python 3.8 and later, ships to the device."""
