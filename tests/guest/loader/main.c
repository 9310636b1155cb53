/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tiny dom0: boots, runs the scenario that its command line names
 * (test=...), and leaves through the probe or through the exit device.
 *
 * Other keys: nonce= (the run's own number, in all patterns), seed= (the
 * scenario's layout), arch=64|32 (the probe's), type=default|crash, rules=0
 * (bytes only), cpus= (how many the probe shall find), aligned=1 (whole
 * pages).
 */
#include "dom0.h"
#include "scenarios.h"

const struct start_info *start_info;
uint64_t nonce;

static uint64_t random_state;

void out_text(const char *text, size_t len)
{
    hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, len, ARG(text), 0);
}

void leave(unsigned int verdict)
{
    struct sched_shutdown reason = { .reason = SHUTDOWN_reboot };
    struct physdev_set_iopl iopl = { .iopl = 1 };

    if ( !pvh )
        hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, ARG(&iopl), 0,
                  0);
    outl(EXIT_PORT, verdict);

    /* No such device: at least end. */
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, ARG(&reason), 0, 0);
    for ( ; ; )
        continue;
}

/* Where the value of key= starts, or NULL. */
static const char *find_arg(const char *key)
{
    const char *p = (const char *)start_info->cmd_line;
    size_t len = strlen(key);

    while ( *p )
    {
        while ( *p == ' ' )
            p++;
        if ( !strncmp(p, key, len) && p[len] == '=' )
            return p + len + 1;
        while ( *p && *p != ' ' )
            p++;
    }

    return NULL;
}

bool arg_text(const char *key, char *value, size_t size)
{
    const char *p = find_arg(key);
    size_t i = 0;

    if ( !p )
        return false;

    for ( ; *p && *p != ' ' && i + 1 < size; i++ )
        value[i] = *p++;
    value[i] = 0;

    return true;
}

bool arg_is(const char *key, const char *value)
{
    char text[32];

    return arg_text(key, text, sizeof(text)) && !strcmp(text, value);
}

uint64_t arg_number(const char *key, uint64_t otherwise)
{
    const char *p = find_arg(key);
    uint64_t value = 0;
    unsigned int base = 10;

    if ( !p )
        return otherwise;

    if ( p[0] == '0' && p[1] == 'x' )
    {
        base = 16;
        p += 2;
    }

    for ( ; *p && *p != ' '; p++ )
    {
        unsigned int digit = *p >= 'a' ? *p - 'a' + 10u : *p - '0' + 0u;

        if ( digit >= base )
            error("%s= wants a number", key);
        value = value * base + digit;
    }

    return value;
}

uint64_t random_number(void)
{
    random_state++;

    return pattern_word(~random_state, random_state);
}

/* Small limits only: there is no 64-bit division here. */
uint64_t random_below(uint64_t limit)
{
    return ((random_number() >> 33) * (limit & 0xffffffff)) >> 31;
}

/* Results go where the probe will find them. */
static void use_live_page(struct live *live)
{
    live->magic = LIVE_MAGIC;
    live->nonce = nonce;
    live->results = tap.results ? *tap.results : 0;
    live->failures = tap.failures ? *tap.failures : 0;
    tap.results = &live->results;
    tap.failures = &live->failures;
}

void common_main(const struct start_info *si)
{
    static struct live early;
    char name[32] = "";
    unsigned int i;

    start_info = si;

    nonce = arg_number("nonce", rdtsc());
    random_state = arg_number("seed", rdtsc() & 0xffffff);
    use_live_page(&early);

    arg_text("test", name, sizeof(name));
    print("# tiny dom0, %s, %u-bit: test=%s nonce=%llx seed=%llx\n",
          pvh ? "PVH" : "PV", COMPAT ? 32 : 64, name, (unsigned long long)nonce,
          (unsigned long long)random_state);

    mm_init();
    /* Where a 32-bit probe can read it, if there is any such memory. */
    use_live_page(own_va(own_run(1, own_run_longest(GB(4)) ? GB(4) : 0)));

    for ( i = 0; i < ARRAY_SIZE(scenarios); i++ )
        if ( !strcmp(scenarios[i].name, name) )
        {
            scenarios[i].run();
            tap_end();
        }

    error("no scenario has the name '%s'", name);
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
