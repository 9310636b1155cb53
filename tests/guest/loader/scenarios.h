/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scenarios by name.  Each reports, and ends in image_run() or tap_end().
 * A new one is a function in a file of its own or of its kind, its name here,
 * and a stanza in guest.toml.
 */
#ifndef TESTS_GUEST_SCENARIOS_H
#define TESTS_GUEST_SCENARIOS_H

#define SCENARIOS(x) \
    x(enter) x(fault) x(errors) x(shapes) x(place) x(placement) x(scarce) \
    x(rounds) x(v1) x(vcpu) x(ranges) x(area) x(race) x(swap) x(privilege) \
    x(bench_load) x(bench_entry) x(crash) x(points) x(map) \
    x(policy) x(bzimage)

#define DECLARE(name) void scenario_ ## name(void);
SCENARIOS(DECLARE)

#define ENTRY(name) { #name, scenario_ ## name },
static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = { SCENARIOS(ENTRY) };

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
