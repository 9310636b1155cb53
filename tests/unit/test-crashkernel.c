/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crashkernel=, low_crashinfo= and crashinfo_maxaddr=.
 *
 * Attacked: every form that the documentation has, and forms that are wrong in
 * one place.  Must hold: the area that was asked for; an option that is
 * refused asks for nothing, whatever came before it; the last one counts.
 */

#include "unit.h"

#include <xen/kexec.h>

#include "heap.h"
#include "xen.h"

#define NO_LIMIT (~0UL)
#define RAM_END  GB(16)

extern int (*const param_parse_crashkernel)(const char *s);
extern int (*const param_parse_low_crashinfo)(const char *s);
extern int (*const param_parse_crashinfo_maxaddr)(const char *s);

static int setup(void **state)
{
    xen_reset();
    e820 = (struct e820map){
        .nr_map = 2,
        .map = { { 0, RAM_END / 2, E820_RAM },
                 { RAM_END / 2, RAM_END / 2, E820_RAM } },
    };
    param_parse_crashinfo_maxaddr("4G");
    param_parse_low_crashinfo("none");
    crashinfo_maxaddr_bits = 64;

    return 0;
}

/* The area on a host with @ram. */
static void asks_for(const char *option, uint64_t ram, uint64_t size,
                     paddr_t start, paddr_t limit)
{
    assert_int_equal(param_parse_crashkernel(option), 0);
    set_kexec_crash_area_size(ram);
    if ( size )
        limit = min(limit, RAM_END);
    if ( kexec_crash_area.size != size || kexec_crash_area.start != start ||
         kexec_crash_area_limit != limit )
        fail_msg("%s with %#lx bytes: %#lx at %#lx below %#lx", option, ram,
                 kexec_crash_area.size, kexec_crash_area.start,
                 kexec_crash_area_limit);
}

/* RAM, and where Xen can reach it: on the edge, and a byte beyond it. */
static void an_area_is_usable_ram(void **state)
{
    asks_for("1G@15G", GB(16), GB(1), GB(15), NO_LIMIT);
    asks_for("1G@7680M", GB(16), GB(1), MB(7680), NO_LIMIT);
    asks_for("1073741825B@15G", GB(16), 0, 0, GB(16));
    assert_true(was_printed("Kdump: DISABLED (0x3c0000000-0x400000001 is not "
                            "usable RAM)"));

    direct_map_bytes = GB(15);
    asks_for("1G@14G", GB(16), GB(1), GB(14), GB(15));
    asks_for("1G@14681M", GB(16), 0, 0, GB(15));
    asks_for("1G", GB(16), GB(1), 0, GB(15));
    asks_for("1G<14G", GB(16), GB(1), 0, GB(14));
    direct_map_bytes = MACHINE_BYTES;

    e820.map[1].type = E820_RESERVED;
    asks_for("1G@7680M", GB(16), 0, 0, GB(8));

    /* Where setup.c has to find a place, memory at 0 does not matter. */
    e820.map[0].type = E820_RESERVED;
    e820.map[1].type = E820_RAM;
    asks_for("1G", GB(16), GB(1), 0, NO_LIMIT);
}

static void is_refused(const char *option, const char *rule)
{
    assert_int_equal(param_parse_crashkernel("64M@16M"), 0);
    printed[0] = 0;
    xen_reset();

    if ( param_parse_crashkernel(option) != -EINVAL || !was_printed(rule) )
        fail_msg("%s: not refused because of: %s, but: %s", option, rule,
                 printed);
    set_kexec_crash_area_size(GB(8));
    assert_int_equal(kexec_crash_area.size, 0);
    assert_int_equal(kexec_crash_area.start, 0);
    assert_int_equal(kexec_crash_area_limit, NO_LIMIT);
}

static void a_size_and_where(void **state)
{
    asks_for("256M", GB(4), MB(256), 0, NO_LIMIT);
    asks_for("256M@64M", GB(4), MB(256), MB(64), NO_LIMIT);
    asks_for("256M@1M", GB(4), MB(256), MB(1), NO_LIMIT);
    asks_for("256M@0", GB(4), MB(256), 0, NO_LIMIT);
    asks_for("1G-:256M@0", GB(4), MB(256), 0, NO_LIMIT);
    asks_for("256M<4G", GB(4), MB(256), 0, GB(4));
    asks_for("256M,below=4G", GB(4), MB(256), 0, GB(4));
    asks_for("268435456b@67108864B", GB(4), MB(256), MB(64), NO_LIMIT);
    asks_for("0x100M@0x40M", GB(4), MB(256), MB(64), NO_LIMIT);
    /* Without a unit it is KiB. */
    asks_for("1024", GB(4), MB(1), 0, NO_LIMIT);
    asks_for("1g", GB(4), GB(1), 0, NO_LIMIT);
}

/* From the start of a range on, and not at its end. */
static void a_size_for_each_amount_of_ram(void **state)
{
    const char *option = "1G-4G:128M,4G-16G:256M,16G-:512M";
    static const struct {
        uint64_t ram, size;
    } expected[] = {
        { 0, 0 }, { GB(1) - 1, 0 }, { GB(1), MB(128) },
        { GB(4) - 1, MB(128) }, { GB(4), MB(256) }, { GB(16) - 1, MB(256) },
        { GB(16), MB(512) }, { GB(1024), MB(512) }, { ~0UL - 1, MB(512) },
    };
    char with_place[80];
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(expected); i++ )
    {
        asks_for(option, expected[i].ram, expected[i].size, 0, NO_LIMIT);
        sprintf(with_place, "%s@32M", option);
        asks_for(with_place, expected[i].ram, expected[i].size, MB(32),
                 NO_LIMIT);
        sprintf(with_place, "%s<3G", option);
        asks_for(with_place, expected[i].ram, expected[i].size, 0, GB(3));
        sprintf(with_place, "%s,below=3G", option);
        asks_for(with_place, expected[i].ram, expected[i].size, 0, GB(3));
    }
}

static void the_first_range_that_fits_counts(void **state)
{
    asks_for("1G-8G:1M,2G-4G:2M", GB(3), MB(1), 0, NO_LIMIT);
    /* One in which RAM is not has no say. */
    asks_for("8G-9G:1M", GB(3), 0, 0, NO_LIMIT);
}

static void more_than_there_is_is_not_reserved(void **state)
{
    asks_for("1M-:4G", GB(4) + 1, GB(4), 0, NO_LIMIT);
    asks_for("1M-:4G", GB(4), 0, 0, NO_LIMIT);
    assert_true(was_printed("no room"));
}

static void the_last_option_counts(void **state)
{
    asks_for("1G-:64M<2G", GB(4), MB(64), 0, GB(2));
    asks_for("128M", GB(4), MB(128), 0, NO_LIMIT);
    asks_for("1G-:64M", GB(4), MB(64), 0, NO_LIMIT);
    asks_for("32M@16M", GB(4), MB(32), MB(16), NO_LIMIT);
}

static void what_is_wrong_is_refused(void **state)
{
    is_refused("", "no size");
    is_refused("@16M", "no size");
    is_refused("x", "no size");
    is_refused("64M@", "no address");
    is_refused("64M<", "no address");
    is_refused("64M,below=", "no address");
    is_refused("64M,above=4G", "neither @ nor < nor ,below=");
    is_refused("64M 16M", "neither @ nor < nor ,below=");
    is_refused("64M@16M,", "text behind the address");
    is_refused("64M@16M<4G", "text behind the address");
    is_refused("64M@1B", "not a page above 1 MiB");
    is_refused("64M@4K", "not a page above 1 MiB");
    is_refused("64M@1023K", "not a page above 1 MiB");
    is_refused("64M@16777217B", "not a page above 1 MiB");
    is_refused("1G-:64M@64K", "not a page above 1 MiB");
    is_refused("-4G:64M", "no <from>-");
    is_refused("1G:64M", "no <from>-");
    is_refused(":64M", "no <from>-");
    is_refused("4G-1G:64M", "range ends before it starts");
    is_refused("4G-4G:64M", "range ends before it starts");
    is_refused("1G-x:64M", "no <to>");
    is_refused("1G-2G-3G:64M", "no colon");
    is_refused("1G-2G:", "no size");
    is_refused("1G-2G:64M,", "no <from>-");
    is_refused("1G-2G:64M,2G:64M", "no <from>-");
    is_refused("1G-2G:64M;", "neither @ nor < nor ,below=");
    is_refused("1G-2G:64M,below=", "no address");
}

/* Where adding a start and a size, or rounding them up, might wrap. */
static void an_area_ends_within_what_can_be_addressed(void **state)
{
    assert_int_equal(param_parse_crashkernel("4095T@4095T"), 0);
    assert_int_equal(kexec_crash_area.size, 4095UL << 40);
    assert_int_equal(kexec_crash_area.start, 4095UL << 40);
    is_refused("4096T", "beyond all memory at \"4096T\"");
    is_refused("64M@4096T", "beyond all memory");
    is_refused("18446744073709551615B@16M", "beyond all memory");
    is_refused("18446744073692774400B@16M", "beyond all memory");
    is_refused("1G-:64M@18446744073709547520B", "beyond all memory");
}

static void sixteen_ranges_are_the_most(void **state)
{
    char option[400] = "";
    unsigned int i;

    for ( i = 0; i < 16; i++ )
        sprintf(option + strlen(option), "%s%uG-%uG:%uM", i ? "," : "",
                i, i + 1, i + 1);
    asks_for(option, GB(15), MB(16), 0, NO_LIMIT);

    strcat(option, ",16G-:17M");
    is_refused(option, "too many ranges");
}

/*
 * Where the crash kernel can read notes and ring
 */

static unsigned int bits(void)
{
    crashinfo_maxaddr_bits = 64;
    kexec_early_calculations();

    return crashinfo_maxaddr_bits;
}

static void crash_information_is_anywhere_by_default(void **state)
{
    assert_int_equal(bits(), 64);
    assert_int_equal(param_parse_low_crashinfo("none"), 0);
    assert_int_equal(bits(), 64);
}

static void low_crash_information_is_below_4_gib(void **state)
{
    static const char *const low[] = { "", "min", "all" };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(low); i++ )
    {
        setup(NULL);
        assert_int_equal(param_parse_low_crashinfo(low[i]), 0);
        assert_int_equal(bits(), 32);
    }

    assert_int_equal(param_parse_low_crashinfo("max"), -EINVAL);
    assert_int_equal(param_parse_low_crashinfo("mini"), -EINVAL);
}

/* Whole powers of two: no page above the limit is asked for. */
static void a_limit_rounds_down(void **state)
{
    assert_int_equal(param_parse_crashinfo_maxaddr("64G"), 0);
    assert_int_equal(bits(), 36);
    assert_int_equal(param_parse_crashinfo_maxaddr("63G"), 0);
    assert_int_equal(bits(), 35);
    assert_int_equal(param_parse_crashinfo_maxaddr("1M"), 0);
    assert_int_equal(bits(), 20);

    assert_int_equal(param_parse_crashinfo_maxaddr("1023K"), -EINVAL);
    assert_int_equal(param_parse_crashinfo_maxaddr("4GB"), -EINVAL);
    assert_int_equal(param_parse_crashinfo_maxaddr(""), -EINVAL);
    assert_int_equal(param_parse_crashinfo_maxaddr("x"), -EINVAL);
    assert_int_equal(bits(), 20);
}

/* The option, the rule, and the text from where it is broken. */
static void a_refusal_says_where(void **state)
{
    static const struct {
        const char *option, *line;
    } refusals[] = {
        { "x", "crashkernel: no size at \"x\"\n" },
        { "64M@x", "crashkernel: no address at \"x\"\n" },
        { "64M@16Mx", "crashkernel: text behind the address at \"x\"\n" },
        { "64Mx", "crashkernel: neither @ nor < nor ,below= at \"x\"\n" },
        { "64M@4K", "crashkernel: not a page above 1 MiB at \"4K\"\n" },
        { "1G:64M", "crashkernel: no <from>- at \":64M\"\n" },
        { "1G-x:64M", "crashkernel: no <to> at \"x:64M\"\n" },
        { "1G-2G", "crashkernel: neither @ nor < nor ,below= at \"-2G\"\n" },
        { "1G-2Gx:64M", "crashkernel: no colon at \"x:64M\"\n" },
        { "1G-2G:x", "crashkernel: no size at \"x\"\n" },
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(refusals); i++ )
    {
        xen_reset();
        param_parse_crashkernel(refusals[i].option);
        if ( strcmp(printed, refusals[i].line) )
            fail_msg("%s: %s", refusals[i].option, printed);
    }

    xen_reset();
    assert_int_equal(param_parse_low_crashinfo("some"), -EINVAL);
    assert_string_equal(printed, "low_crashinfo: neither none nor min nor all "
                                 "at \"some\"\n");
    xen_reset();
    assert_int_equal(param_parse_crashinfo_maxaddr("4Gx"), -EINVAL);
    assert_string_equal(printed, "crashinfo_maxaddr: no size at \"4Gx\"\n");
    xen_reset();
    assert_int_equal(param_parse_crashinfo_maxaddr("1023K"), -EINVAL);
    assert_string_equal(printed, "crashinfo_maxaddr: less than 1 MiB at "
                                 "\"1023K\"\n");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
    const struct CMUnitTest tests[] = {
        TEST(an_area_is_usable_ram),
        TEST(a_size_and_where),
        TEST(a_size_for_each_amount_of_ram),
        TEST(the_first_range_that_fits_counts),
        TEST(more_than_there_is_is_not_reserved),
        TEST(the_last_option_counts),
        TEST(what_is_wrong_is_refused),
        TEST(an_area_ends_within_what_can_be_addressed),
        TEST(sixteen_ranges_are_the_most),
        TEST(crash_information_is_anywhere_by_default),
        TEST(low_crash_information_is_below_4_gib),
        TEST(a_limit_rounds_down),
        TEST(a_refusal_says_where),
    };

    return cmocka_run_group_tests_name("crashkernel", tests, NULL, NULL);
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
