import pytest

from slo_service.definitions import load_folder
from tests.definitions.openslo_v1.written import ENV, EVERYTHING


@pytest.fixture(scope="module")
def loaded():
    return load_folder([EVERYTHING], ENV)


@pytest.fixture(scope="module")
def catalogue(loaded):
    assert loaded.catalogue is not None, loaded.errors
    return loaded.catalogue
