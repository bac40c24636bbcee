"""Names by which the pages and the process that makes drawings and reports find each other's files.

By itself, since `sera up` lives as long as the installation and needs no more of the pages than these.
"""

from __future__ import annotations

from typing import Final

REPORT_FOLDER: Final = "pages"
# Written by the pages, and taken away by the process that makes drawings and reports, which then makes them.
RENEWAL_REQUEST: Final = "renewal-request"
