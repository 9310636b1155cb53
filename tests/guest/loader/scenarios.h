/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scenarios by name.  A new one is a function in a file of its own or of
 * its kind, two lines here, and a stanza in guest.toml.
 */
#ifndef TESTS_GUEST_SCENARIOS_H
#define TESTS_GUEST_SCENARIOS_H

SCENARIO(enter);
SCENARIO(fault);
SCENARIO(errors);
SCENARIO(shapes);
SCENARIO(place);
SCENARIO(placement);
SCENARIO(scarce);
SCENARIO(rounds);
SCENARIO(v1);
SCENARIO(vcpu);
SCENARIO(ranges);
SCENARIO(area);
SCENARIO(race);
SCENARIO(swap);
SCENARIO(privilege);
SCENARIO(bench_load);
SCENARIO(bench_entry);
SCENARIO(crash);
SCENARIO(points);
SCENARIO(map);

static const struct scenario scenarios[] = {
    { "enter", scenario_enter },
    { "fault", scenario_fault },
    { "errors", scenario_errors },
    { "shapes", scenario_shapes },
    { "place", scenario_place },
    { "placement", scenario_placement },
    { "scarce", scenario_scarce },
    { "rounds", scenario_rounds },
    { "v1", scenario_v1 },
    { "vcpu", scenario_vcpu },
    { "ranges", scenario_ranges },
    { "area", scenario_area },
    { "race", scenario_race },
    { "swap", scenario_swap },
    { "privilege", scenario_privilege },
    { "bench_load", scenario_bench_load },
    { "bench_entry", scenario_bench_entry },
    { "crash", scenario_crash },
    { "points", scenario_points },
    { "map", scenario_map },
};

#endif /* TESTS_GUEST_SCENARIOS_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
