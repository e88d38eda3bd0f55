"""HTTP addresses. Each handler authorises first, then does one thing; what it can't do it raises."""
