/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks, with what xen-syms says of frames: see fake-xensyms.c.
 *
 * Attacked: stacks that go through exceptions and interrupts, that are
 * overwritten, that never end; symbols of another build.
 *
 * Must hold: what is unwound is no guess, what is not is one; the place of
 * the crash is what the exception interrupted.
 */

#include <string.h>

#include "../unit.h"

#include "reported.h"

#define RSP (STACK_VA(0) + STACK_BYTES - 0x800)
#define FRAME 32

static int setup(void **state)
{
    unsigned int i;

    made_start(&made);
    made.xensyms = "fake";
    made_build_id = "0123abcd";
    made_installed = NULL;
    made_readable = true;
    result = (struct result){};
    /* Nothing on CPU 0's stack but what the test puts there. */
    for ( i = 0; i < 0x800 - CPU_INFO_BYTES; i += 8 )
        made_u64_va(&made, RSP + i, 0);

    return 0;
}

/* Up to the next CPU, whose stack is another matter. */
static void stack_is(const char *lines)
{
    const char *start = strstr(result.text, "  Stack:\n");
    size_t bytes = strlen(lines);

    assert_non_null(start);
    start += strlen("  Stack:\n");
    if ( strncmp(start, lines, bytes) != 0 || start[bytes] != '\n' )
        fail_msg("not this:\n%s\nbut\n%s", lines, start);
}

/* struct cpu_user_regs */
static void save_registers_ss(uint64_t va, uint32_t vector, uint64_t cs,
                              uint64_t ss, uint64_t rip, uint64_t rsp)
{
    made_u64_va(&made, va + 8 * 15, (uint64_t)vector << 32);
    made_u64_va(&made, va + 8 * 16, rip);
    made_u64_va(&made, va + 8 * 17, cs);
    made_u64_va(&made, va + 8 * 19, rsp);
    made_u64_va(&made, va + 8 * 20, ss);
}

static void save_registers(uint64_t va, uint32_t vector, uint64_t cs,
                           uint64_t rip, uint64_t rsp)
{
    save_registers_ss(va, vector, cs, cs & 3 ? 0xe02b : 0, rip, rsp);
}

#define GUEST_CS  0xe033
#define XEN_CS    0xe008
#define SYSCALL   0x100

/* fn1, called by fn2, called by entry code at whose stack pointer are... */
static uint64_t calls_down_to_entry_code(void)
{
    made_u64_va(&made, RSP + FRAME - 8, RETURN_TO(2));
    made_u64_va(&made, RSP + 2 * FRAME - 8, RETURN_TO(4));

    return RSP + 2 * FRAME;
}

static void callers_down_to_the_guest(void **state)
{
    save_registers(calls_down_to_entry_code(), SYSCALL, GUEST_CS, 0x401000,
                   0x7fff0000);
    report(0);
    stack_is("      ffff82d040200110 fn1+0x10  common/made.c:16\n"
             "      ffff82d040200225 fn2+0x25  common/made.c:36\n"
             "      ffff82d040200425 fn4+0x25  common/made.c:36\n"
             "      -- entered --\n"
             "      0000000000401000 in the guest\n");
    says("Where:     ffff82d040200110 fn1+0x10");
}

/* Of a function that does not return: what follows is another's, fn4's. */
static void a_call_at_the_end_of_a_function(void **state)
{
    *made_at_va(&made, FUNCTION_VA(4) - 5) = 0xe8;
    made_u64_va(&made, RSP + FRAME - 8, FUNCTION_VA(4));
    made_u64_va(&made, RSP + 2 * FRAME - 8, RETURN_TO(2));
    report(0);
    stack_is("      ffff82d040200110 fn1+0x10  common/made.c:16\n"
             "      ffff82d040200400 fn3+0x100  common/made.c:255\n"
             "      ffff82d040200225 fn2+0x25  common/made.c:36\n");
}

static void through_an_exception(void **state)
{
    uint64_t saved = calls_down_to_entry_code();

    save_registers(saved, 14, XEN_CS, FUNCTION_VA(3) + 7, RSP + 0x200);
    made_u64_va(&made, RSP + 0x200 + FRAME - 8, RETURN_TO(4));
    save_registers(RSP + 0x200 + FRAME, SYSCALL, GUEST_CS, 0x401000, 0);
    report(0);
    stack_is("      ffff82d040200110 fn1+0x10  common/made.c:16\n"
             "      ffff82d040200225 fn2+0x25  common/made.c:36\n"
             "      ffff82d040200425 fn4+0x25  common/made.c:36\n"
             "      -- #PF --\n"
             "      ffff82d040200307 fn3+0x7  common/made.c:7\n"
             "      ffff82d040200425 fn4+0x25  common/made.c:36\n"
             "      -- entered --\n"
             "      0000000000401000 in the guest\n");
    says("Where:     ffff82d040200307 fn3+0x7  common/made.c:7\n");
}

/* An interrupt is not the place of a crash, but an NMI of any time is. */
static void interrupts_are_no_causes(void **state)
{
    uint64_t saved = calls_down_to_entry_code();

    save_registers(saved, 0xf0, XEN_CS, FUNCTION_VA(3) + 7, RSP + 0x200);
    report(0);
    says("-- interrupt, vector 0xf0 --\n");
    says("Where:     ffff82d040200110 fn1+0x10");

    save_registers(saved, 2, GUEST_CS, 0x401000, 0);
    report(0);
    says("-- NMI --\n      0000000000401000 in the guest\n");
    says("Where:     0000000000401000 in the guest\n");

    save_registers(saved, 13, GUEST_CS, 0x401000, 0);
    report(0);
    says("Where:     ffff82d040200110 fn1+0x10");
}

/* Neither Xen's registers nor a guest's: what follows is guessed. */
static void overwritten_registers_are_no_registers(void **state)
{
    static const struct {
        uint64_t cs, ss, rip, rsp;
    } bad[] = {
        { 0, 0, FUNCTION_VA(3), RSP + 0x200 },
        { 0xe010, 0, FUNCTION_VA(3), RSP + 0x200 },
        { XEN_CS, 0xe02b, FUNCTION_VA(3), RSP + 0x200 },
        { GUEST_CS, 0, FUNCTION_VA(3), RSP + 0x200 },
        { XEN_CS, 0, 0x1234, RSP + 0x200 },
        { XEN_CS, 0, TEXT_END_VA, RSP + 0x200 },
        { XEN_CS, 0, FUNCTION_VA(3), STACK_VA(1) },
        { XEN_CS, 0, FUNCTION_VA(3), 0 },
    };
    uint64_t saved = calls_down_to_entry_code();
    unsigned int i;

    made_u64_va(&made, RSP + 0x300, RETURN_TO(3));
    for ( i = 0; i < sizeof(bad) / sizeof(*bad); i++ )
    {
        save_registers_ss(saved, 14, bad[i].cs, bad[i].ss, bad[i].rip,
                          bad[i].rsp);
        report(0);
        stack_is("      ffff82d040200110 fn1+0x10  common/made.c:16\n"
                 "      ffff82d040200225 fn2+0x25  common/made.c:36\n"
                 "      ffff82d040200425 fn4+0x25  common/made.c:36\n"
                 "    ? ffff82d040200325 fn3+0x25  common/made.c:36\n"
                 "    ?: a guess, by its looks\n");
    }
}

/* What no call has put there is no return address. */
static void a_frame_that_returns_to_nowhere_is_the_last(void **state)
{
    static const uint64_t nowhere[] = { 0, 0x1234, FUNCTION_VA(2) + 0x10, ~0 };
    unsigned int i;

    for ( i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++ )
    {
        made_u64_va(&made, RSP + FRAME - 8, nowhere[i]);
        report(0);
        stack_is("      ffff82d040200110 fn1+0x10  common/made.c:16\n");
    }
}

/* Down to the bottom, where nothing can have been called from, or shorter. */
static void a_stack_that_never_ends(void **state)
{
    const char *line = "      ffff82d040200225 fn2+0x25  common/made.c:36\n";
    const char *at;
    unsigned int i, lines = 0;

    for ( i = 0; i < 0x800; i += 8 )
        made_u64_va(&made, RSP + i, RETURN_TO(2));
    report(0);
    for ( at = result.text; (at = strstr(at, line)); at++ )
        lines++;
    assert_in_range(lines, 1, 63);

    /* The same, and interrupted where it began, again and again. */
    reported_end(NULL);
    setup(NULL);
    made_u64_va(&made, RSP + FRAME - 8, RETURN_TO(4));
    save_registers(RSP + FRAME, 14, XEN_CS, FUNCTION_VA(1), RSP);
    report(0);
    says("-- #PF --");
}

static void a_stack_pointer_of_nowhere(void **state)
{
    static const uint64_t nowhere[] = { 0, ~0ULL, ~7ULL, 0x1234,
                                        HEAP_VA - 8 };
    unsigned int i;

    for ( i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++ )
    {
        made.regs[0][19] = nowhere[i];
        report(0);
        stack_is("      ffff82d040200110 fn1+0x10  common/made.c:16\n");
    }
}

static void symbols_of_another_build(void **state)
{
    made_build_id = "0123abce";
    report(1);
    says("xen-syms is of another build (0123abce) than the Xen that crashed "
         "(0123abcd)");

    made_build_id = "0123abcd0";
    report(1);

    /* One that has none cannot be compared. */
    made_build_id = NULL;
    report(0);
}

static void installed_symbols(void **state)
{
    /* The end of a stack that is all guesses. */
    made.regs[0][19] = 0;

    /* Those of the command line come first. */
    made_installed = "0123abcd";
    made_readable = false;
    report(0);
    says("common/made.c:16");

    made.xensyms = NULL;
    made_readable = true;
    report(0);
    says("common/made.c:16");

    made_installed = "0123abce";
    report(0);
    assert_null(strstr(result.text, "common/made.c"));

    made_installed = "0123abcd";
    made_readable = false;
    report(1);
    says("/usr/lib/debug: cannot be read");
    assert_null(strstr(result.text, "common/made.c"));

    /* A file at this place that is of another build. */
    made_readable = true;
    made_build_id = "0123abce";
    report(1);
    says("xen-syms is of another build (0123abce)");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, reported_end)
    const struct CMUnitTest tests[] = {
        TEST(callers_down_to_the_guest),
        TEST(a_call_at_the_end_of_a_function),
        TEST(through_an_exception),
        TEST(interrupts_are_no_causes),
        TEST(overwritten_registers_are_no_registers),
        TEST(a_frame_that_returns_to_nowhere_is_the_last),
        TEST(a_stack_that_never_ends),
        TEST(a_stack_pointer_of_nowhere),
        TEST(symbols_of_another_build),
        TEST(installed_symbols),
    };

    return cmocka_run_group_tests_name("vmcore-unwind", tests, NULL, NULL);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
