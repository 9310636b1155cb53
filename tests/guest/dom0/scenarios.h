/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scenarios by name.  A new one is a function in a file of its own or of
 * its kind, a line here, and a stanza in guest.toml.
 */
#ifndef TESTS_GUEST_SCENARIOS_H
#define TESTS_GUEST_SCENARIOS_H

SCENARIO(hello);
SCENARIO(enter);

static const struct scenario scenarios[] = {
    { "hello", scenario_hello },
    { "enter", scenario_enter },
};

#endif /* TESTS_GUEST_SCENARIOS_H */
