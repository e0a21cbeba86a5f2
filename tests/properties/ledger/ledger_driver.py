"""Runs Hypothesis state machines against a real server, run after run."""

from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import activate
from tests.support.examples import examples
from tests.support.facts import NOW
from tests.support.resumed_replay import verify_resumed


def drive(machine, inventory, policies, *, pointsman, clock, client, network, steps, runs=10):
    """Run `machine(pointsman, clock, versions)` `runs` times, at most `steps` steps each time. `policies` are rules
    by name, `versions` their versions by name. All runs share one Pointsman; each begins at NOW on a network where only
    the policies are kept.
    """
    pointsman.load(inventory)
    versions = {name: activate(pointsman, *rules) for name, rules in policies.items()}
    kept = (f"{{{network}}}:facts", f"{{{network}}}:policies")

    def fresh():
        verify_resumed(pointsman)  # of the run before
        names = [name for name in client.scan_iter(f"{{{network}}}:*") if not name.decode().startswith(kept)]
        if names:
            client.unlink(*names)
        clock.now = NOW
        client.hdel(f"{{{network}}}:facts", "moved")  # clocks don't go back
        pointsman.load(inventory, counts=True)
        return machine(pointsman, clock, versions)

    settings = examples(runs, in_suite=max(3, runs // 3), stateful_step_count=steps)
    run_state_machine_as_test(fresh, settings=settings)
