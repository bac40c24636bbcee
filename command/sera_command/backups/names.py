"""The closed list of names that a backup holds: nothing else is ever written, or brought back."""

from __future__ import annotations

import re
from typing import Final

from sera_coalition.agreements.key_files import FILE as SIGNING_FILE
from sera_coalition.agreements.key_files import FOLDER as SIGNING
from sera_coalition.bundles.given.salts import FOLDER as GIVEN
from sera_coalition.bundles.received import ENDING as RECEIVED_ENDING
from sera_coalition.bundles.received import FOLDER as RECEIVED
from sera_coalition.rule_files import FOLDER as RULES
from sera_commons.designs.schema import FILE as DESIGNS_LOG
from sera_commons.designs.schema import FOLDER as DESIGNS
from sera_gateway.config import BROKERS_FILE, OFFERED_FILE
from sera_gateway.security.device_users import DEVICES_FILE
from sera_pages.accounts.schema import FILE, FOLDER
from sera_store.alert_book import BOOK_FILE, BOOK_FOLDER
from sera_store.chronicle.schema import ATTACHMENTS
from sera_store.chronicle.schema import FILE as CHRONICLE_FILE
from sera_store.chronicle.schema import FOLDER as CHRONICLES
from sera_store.database.schema import RECORDS_FILE
from sera_store.registry.opening import REGISTRY_FILE
from sera_store.store import ROLLUPS_FILE

NAME_BYTES_MOST: Final = 300
JOURNAL: Final = "journal"
STORE: Final = "store"
SETTINGS_FILE: Final = "installation.json"
# Sessions and invitations (hashes alone), names, and what waits to be sent.
ACCOUNTS_FILE: Final = f"{FOLDER}/{FILE}"
# What alerts told, and silences.
ALERTS_FILE: Final = f"{BOOK_FOLDER}/{BOOK_FILE}"
# What was drawn together.
DESIGNS_FILE: Final = f"{DESIGNS}/{DESIGNS_LOG}"
# Files of their own, in the data folder itself.
SMALL_FILES: Final = (SETTINGS_FILE, BROKERS_FILE, DEVICES_FILE, OFFERED_FILE)
STORE_FILES: Final = (ROLLUPS_FILE, RECORDS_FILE, REGISTRY_FILE)
# What proves the installation to its nodes and to neighbours: whoever has it can stand in for it.
KEY_FOLDERS: Final = ("authority", "boards", SIGNING)

# No part begins with a dot or ends with one, so that none is `..`, hidden, or another name on Windows.
_PART: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-])?"
_FORMS: Final = re.compile(
    rf"{JOURNAL}/[0-9]{{4}}-[0-9]{{2}}\.(?:sqlite|packed)"
    rf"|{STORE}/(?:{'|'.join(map(re.escape, STORE_FILES))})"
    rf"|authority/(?:certificates/{_PART}/)?{_PART}"
    rf"|boards/{_PART}/{_PART}"
    rf"|{SIGNING}/of-[a-z0-9-]{{3,32}}/{re.escape(SIGNING_FILE)}"
    rf"|{CHRONICLES}/of-[a-z0-9-]{{3,32}}/(?:{re.escape(CHRONICLE_FILE)}|{ATTACHMENTS}/[0-9a-f]{{64}})"
    rf"|{RULES}/[a-z]{{3,32}}-[a-z0-9-]{{3,32}}\.toml"
    rf"|{RECEIVED}/of-[a-z0-9-]{{3,32}}/[0-9a-f]{{32}}{re.escape(RECEIVED_ENDING)}"
    rf"|{GIVEN}/of-[a-z0-9-]{{3,32}}\.json"
    rf"|{re.escape(ACCOUNTS_FILE)}"
    rf"|{re.escape(ALERTS_FILE)}"
    rf"|{re.escape(DESIGNS_FILE)}"
    rf"|(?:{'|'.join(map(re.escape, SMALL_FILES))})"
)
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def is_backup_name(name: str) -> bool:
    """Return whether a file of a backup may have this name, relative to the data folder."""
    return (
        len(name.encode("utf-8", "replace")) <= NAME_BYTES_MOST
        and _FORMS.fullmatch(name) is not None
        and not any(_DEVICES.fullmatch(part) for part in name.split("/"))
    )


def is_key_name(name: str) -> bool:
    """Return whether a file belongs to the keys, which may stand in a backup of their own."""
    return name.split("/", 1)[0] in KEY_FOLDERS
