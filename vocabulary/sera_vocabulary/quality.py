"""Quality flags of a value, by the numbers of the IOOS QARTOD flag scheme.

Reference: U.S. Integrated Ocean Observing System (2020), Manual for Real-Time Oceanographic Data
Quality Control Flags, version 1.2, doi 10.25923/w8y6-d298.
"""

GOOD = 1
NOT_EVALUATED = 2
SUSPECT = 3
FAIL = 4
MISSING = 9
