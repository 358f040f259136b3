"""Refuse files that pip has installed, by its report, and that requirements.txt has no hash of."""

import json
import re
import sys
from pathlib import Path

known = set(re.findall(r"sha256:(\w+)", Path(__file__).with_name("requirements.txt").read_text()))
installed = json.loads(Path(sys.argv[1]).read_text())["install"]
strange = [
    each["metadata"]["name"]
    for each in installed
    if not each["is_direct"]
    and each["download_info"]["archive_info"]["hashes"]["sha256"] not in known
]
if strange or not installed:
    raise SystemExit(f"other files than .ci/requirements.txt has hashes of: {strange}")
