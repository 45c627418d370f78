"""After a run of all end-to-end tests (./dev test): each operation of schema/openapi.yaml has been a success in one of them."""
import os

from harness import contract


def test_every_operation_was_used():
    assert contract.never_seen(os.environ["FLOPYNET_OPERATIONS"]) == []
