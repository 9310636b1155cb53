/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The crash area: crashkernel= and its relatives.
 *
 *   crashkernel=<size>[@<start>|<<limit>|,below=<limit>]
 *   crashkernel=<from>-[<to>]:<size>[,...][@<start>|<<limit>|,below=<limit>]
 *   low_crashinfo[=none|min|all]
 *   crashinfo_maxaddr=<limit>
 *
 * A <start> of 0 is none.
 *
 * Parsed from Xen's command line before there is memory to allocate; setup.c
 * then reserves what was asked for.
 */

#include <xen/ctype.h>
#include <xen/errno.h>
#include <xen/init.h>
#include <xen/kernel.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/maddr-range.h>
#include <xen/param.h>
#include <xen/string.h>

#include <asm/machine_kexec.h>

xen_kexec_reserve_t kexec_crash_area;

struct maddr_range kexec_crash_range(void)
{
    /* Without an area, the start may be that of a place that was tried. */
    if ( !kexec_crash_area.size )
        return (struct maddr_range){};

    return (struct maddr_range){
        .start = kexec_crash_area.start,
        .end = kexec_crash_area.start + kexec_crash_area.size,
    };
}

paddr_t __initdata kexec_crash_area_limit = ~(paddr_t)0;
unsigned int __ro_after_init crashinfo_maxaddr_bits = 64;

/* Sizes by installed RAM: from <= RAM < to. */
struct size_by_ram {
    struct maddr_range ram;
    paddr_t size;
};
static struct size_by_ram __initdata sizes[16];
static unsigned int __initdata nr_sizes;

static paddr_t __initdata crashinfo_maxaddr = GB(4);
static bool __initdata crashinfo_low;

static int __init refuse(const char *option, const char *at,
                         const char *rule)
{
    printk(XENLOG_ERR "%s: %s at \"%s\"\n", option, rule, at);

    return -EINVAL;
}

/* A size with an optional suffix; false if there is none at *@s. */
static bool __init parse_size(const char **s, paddr_t *size)
{
    const char *end;

    /* parse_size_and_unit() would accept a suffix without a number. */
    if ( !isdigit(**s) )
        return false;

    *size = parse_size_and_unit(*s, &end);
    *s = end;

    return true;
}

/* <from>-[<to>]:<size>[,...] */
static const char *__init parse_ranges(const char *s)
{
    for ( ; ; )
    {
        struct size_by_ram entry = { .ram = { .end = ~(paddr_t)0 } };

        if ( nr_sizes == ARRAY_SIZE(sizes) )
            return refuse("crashkernel", s, "too many ranges"), NULL;

        if ( !parse_size(&s, &entry.ram.start) || *s != '-' )
            return refuse("crashkernel", s, "no <from>-"), NULL;
        s++;

        if ( *s != ':' && !parse_size(&s, &entry.ram.end) )
            return refuse("crashkernel", s, "no <to>"), NULL;

        if ( maddr_range_empty(entry.ram) )
            return refuse("crashkernel", s, "range ends before it starts"),
                   NULL;

        if ( *s != ':' )
            return refuse("crashkernel", s, "no colon"), NULL;
        s++;

        if ( !parse_size(&s, &entry.size) )
            return refuse("crashkernel", s, "no size"), NULL;

        sizes[nr_sizes++] = entry;

        if ( *s != ',' || !strncmp(s, ",below=", 7) )
            return s;
        s++;
    }
}

/* Nothing, @<start>, <<limit> or ,below=<limit> */
static int __init parse_place(const char *s)
{
    paddr_t *what = &kexec_crash_area_limit;
    const char *at;

    if ( !*s )
        return 0;

    if ( *s == '@' )
    {
        what = &kexec_crash_area.start;
        s++;
    }
    else if ( *s == '<' )
        s++;
    else if ( !strncmp(s, ",below=", 7) )
        s += 7;
    else
        return refuse("crashkernel", s, "neither @ nor < nor ,below=");

    at = s;
    if ( !parse_size(&s, what) )
        return refuse("crashkernel", s, "no address");

    if ( *s )
        return refuse("crashkernel", s, "text behind the address");

    /* The first MiB has firmware's data, and code that starts CPUs. */
    if ( what == &kexec_crash_area.start && *what &&
         (*what < MB(1) || *what & ~PAGE_MASK) )
        return refuse("crashkernel", at, "not a page above 1 MiB");

    return 0;
}

static void __init forget(void)
{
    nr_sizes = 0;
    kexec_crash_area = (xen_kexec_reserve_t){};
    kexec_crash_area_limit = ~(paddr_t)0;
}

static int __init cf_check parse_crashkernel(const char *s)
{
    const char *option = s, *colon = strchr(s, ':');
    paddr_t size;
    int rc;

    /* The last option wins, also if it is refused. */
    forget();

    if ( colon )
        s = parse_ranges(s);
    else if ( parse_size(&s, &size) )
        kexec_crash_area.size = size;
    else
        s = (refuse("crashkernel", s, "no size"), NULL);

    rc = s ? parse_place(s) : -EINVAL;
    /* So that sums of them, rounded up, do not wrap. */
    if ( !rc &&
         (kexec_crash_area.start | kexec_crash_area.size) >> PADDR_BITS )
        rc = refuse("crashkernel", option, "beyond all memory");
    if ( rc )
        forget();

    return rc;
}
custom_param("crashkernel", parse_crashkernel);

static int __init cf_check parse_low_crashinfo(const char *s)
{
    if ( !*s || !strcmp(s, "min") || !strcmp(s, "all") )
        crashinfo_low = true;
    else if ( !strcmp(s, "none") )
        crashinfo_low = false;
    else
        return refuse("low_crashinfo", s, "neither none nor min nor all");

    return 0;
}
custom_param("low_crashinfo", parse_low_crashinfo);

static int __init cf_check parse_crashinfo_maxaddr(const char *s)
{
    const char *start = s;
    paddr_t limit;

    if ( !parse_size(&s, &limit) || *s )
        return refuse("crashinfo_maxaddr", start, "no size");

    if ( limit < MB(1) )
        return refuse("crashinfo_maxaddr", start, "less than 1 MiB");

    crashinfo_maxaddr = limit;
    crashinfo_low = true;

    return 0;
}
custom_param("crashinfo_maxaddr", parse_crashinfo_maxaddr);

void __init kexec_early_calculations(void)
{
    if ( crashinfo_low )
        crashinfo_maxaddr_bits = fls64(crashinfo_maxaddr) - 1;
}

/*
 * Refuse an area that a hand-over could not use.  If setup.c has to find one,
 * make it look below the end of usable memory.
 */
static void __init require_usable(void)
{
    struct maddr_range area = kexec_crash_range();

    if ( maddr_range_empty(area) )
        return;

    kexec_crash_area_limit = min(kexec_crash_area_limit,
                                 machine_kexec_usable_end());

    if ( !area.start || machine_kexec_is_usable(area) )
        return;

    printk("Kdump: DISABLED (%#"PRIx64"-%#"PRIx64" is not usable RAM)\n",
           area.start, area.end);
    kexec_crash_area = (xen_kexec_reserve_t){};
}

static void __init choose_size(uint64_t system_ram)
{
    unsigned int i;

    for ( i = 0; i < nr_sizes; i++ )
        if ( maddr_range_contains(sizes[i].ram, system_ram) )
        {
            if ( sizes[i].size < system_ram )
                kexec_crash_area.size = sizes[i].size;
            else
                printk(XENLOG_WARNING
                       "crashkernel: no room for %"PRIpaddr" bytes in %"PRIu64"\n",
                       sizes[i].size, system_ram);
            return;
        }
}

void __init set_kexec_crash_area_size(uint64_t system_ram)
{
    choose_size(system_ram);
    require_usable();
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
