from datetime import datetime

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.shape.times import instant_ns
from tests.definitions.test_good_files import BASE

TEXT = """\
apiVersion: slo-service/v1
kind: Adjustment
metadata: {name: sundays}
spec:
  selector: {matchLabels: {pipeline: orders}}
  category: maintenance
  author: ana
  reason: the cluster is upgraded
  timeZone: ZONE
  expires: "2027-12-31"
  intervals: [{from: "2026-11-29T02:00:00Z", to: "2026-11-29T03:00:00Z"}]
"""


@pytest.mark.parametrize(("zone", "end"), [("UTC", "2028-01-01T00:00:00Z"), ("Asia/Tokyo", "2027-12-31T15:00:00Z")])
def test_an_adjustment_expires_with_the_end_of_the_day_in_its_zone(tmp_path, env, zone, end):
    (tmp_path / "x.yaml").write_text(TEXT.replace("ZONE", zone))
    catalogue = load_folder([BASE, tmp_path], env).catalogue
    assert catalogue is not None
    assert catalogue.adjustments["sundays"].expires_ns == instant_ns(datetime.fromisoformat(end), zone)
