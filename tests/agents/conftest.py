"""What tests of agents share."""

import pytest


@pytest.fixture
def bomb():
    """An object that, unpickled, executes something: it writes into the path it was made with."""

    class Bomb:
        def __init__(self, path):
            self.path = str(path)

        def __reduce__(self):
            return exec, (f"import pathlib; pathlib.Path({self.path!r}).write_text('executed')",)

    return Bomb
