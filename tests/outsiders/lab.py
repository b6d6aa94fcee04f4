#!/usr/bin/env python3
"""The guide's lab, built through boto3 in somebody else's emulator.

    lab.py build    --endpoint URL --out lab.json [--full]
    lab.py check    --endpoint URL --lab lab.json
    lab.py section5 --endpoint URL --lab lab.json [--default-region R]

`build` writes what it made: `lab` (must be gone after a teardown), `kept` and `blocked` (the
lab's by name, must stay), `neighbours` (must not change), `unremovable` (the lab's, but moto has
no operation that removes or lists it; made with --full only), and `looks`, what all that stays
looked like.
`check` looks again and prints `left` (of the lab) and `harmed` (anything that was to stay and
differs in any way, before and after); it exits with 1 if either has a row.
`section5` runs the guide's own clean-up and prints what that leaves.
"""

import argparse
import json
import sys

import guide
import neighbours
import section5
import snapshot
from world import HOME, World


def build(world, chosen):
    guide.build(world, chosen.full)
    neighbours.build(world)
    looks = {}
    for where in World.LISTS:
        for thing in world.made[where]:
            look = snapshot.look(world, thing)
            if look is None:
                sys.exit(f"not there though it was made: {thing}")
            if where != "lab":
                looks[name(thing)] = look
    with open(chosen.out, "w", encoding="utf-8") as file:
        json.dump({**world.made, "looks": looks}, file, indent=1, ensure_ascii=False)
    print(json.dumps({where: len(things) for where, things in world.made.items()}))


def check(world, chosen):
    with open(chosen.lab, encoding="utf-8") as file:
        made = json.load(file)
    left = [thing for thing in made["lab"] if snapshot.look(world, thing) is not None]
    harmed = []
    for thing in made["kept"] + made["blocked"] + made["neighbours"]:
        before, after = made["looks"][name(thing)], snapshot.look(world, thing)
        if before != after:
            harmed.append({**thing, "before": before, "after": after})
    print(json.dumps({"left": left, "harmed": harmed}, indent=1))
    return 1 if left or harmed else 0


def clean_up(world, chosen):
    section5.run(world, chosen.default_region, lambda text: print(text, file=sys.stderr))
    with open(chosen.lab, encoding="utf-8") as file:
        made = json.load(file)
    # What the person wanted gone: all that is the lab's, whether moto can remove it or not.
    wanted = made["lab"] + made["unremovable"]
    left = [thing for thing in wanted if snapshot.look(world, thing) is not None]
    print(json.dumps({"of": len(wanted), "left": left}, indent=1))


def name(thing):
    return f"{thing['kind']} {thing['id']} {thing['region']}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = arguments.add_subparsers(required=True)
    for mode, run in (("build", build), ("check", check), ("section5", clean_up)):
        parser = modes.add_parser(mode)
        parser.set_defaults(run=run)
        parser.add_argument("--endpoint", required=True)
        parser.add_argument("--out" if mode == "build" else "--lab", required=True)
        if mode == "build":
            parser.add_argument("--full", action="store_true")
        if mode == "section5":
            parser.add_argument("--default-region", default=HOME)
    chosen = arguments.parse_args()
    return chosen.run(World(chosen.endpoint), chosen)


if __name__ == "__main__":
    sys.exit(main())
