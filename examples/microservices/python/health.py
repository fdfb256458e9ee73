"""python health.py: asks the service of this container, which answers nobody outside its pod, how it is."""

import os
import sys
from urllib.request import urlopen

try:
    urlopen(f"http://127.0.0.1:{os.environ['PORT']}/healthz", timeout=2).close()
except OSError as error:
    sys.exit(str(error))
