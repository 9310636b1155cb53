/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The copy plan against an oracle.
 *
 * Attacked: images of up to 32 segments at any bytes, in and beside memory
 * that the heap gives, low, high or across 4 GiB; the heap gives blocks from
 * the bottom, the top, anywhere, or destinations first, and may run out.
 *
 * Must hold, for each: an interpreter of the plan gives exactly the segments'
 * bytes and no others (invariant 6), and the stub's own instructions give the
 * same.  No page that the hand-over reads lies in a destination (1).  The
 * tables map what they must and nothing else (4, 5).  A placed crash image is
 * what its plan would have made of it, and at any moment before, the plan
 * still does (3).  After it is freed the heap is what it was, to the page (8).
 *
 *   LAYOUTS=N       how many; default: 20000
 *   LAYOUT_SEED=S   other ones; default: 1
 *   LAYOUT_ONLY=N   just that one
 *   LAYOUT_JOBS=N   processes; default: one for each CPU
 */

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#include "heap.h"
#include "layout.h"
#include "xen.h"

static unsigned long setting(const char *name, unsigned long otherwise)
{
    const char *value = getenv(name);

    return value ? strtoul(value, NULL, 0) : otherwise;
}

/* 0: good.  1: not enough memory, and all of it given back.  -1: wrong. */
static int run_layout(uint64_t seed, uint64_t nr)
{
    struct layout layout;
    struct kimage *image;
    bool good;
    int rc;

    layout_make(&layout, seed, nr);
    rc = layout_load(&layout, &image);
    if ( rc )
    {
        if ( rc != -ENOMEM )
            fprintf(stderr, "# seed %#lx layout %lu: error %d\n", seed, nr,
                    rc);
        return layout_free(&layout, NULL) && rc == -ENOMEM ? 1 : -1;
    }

    if ( layout.req.type == KEXEC_TYPE_CRASH && !layout.direct && nr % 2 )
        good = layout_place(&layout, image, nr % 7);
    else
        good = layout_check(&layout, image);

    return layout_free(&layout, image) && good ? 0 : -1;
}

/* Every @step-th from @first on; the exit status says if all were good. */
static int run_layouts(uint64_t seed, uint64_t first, uint64_t step,
                       uint64_t nr, volatile uint64_t *at)
{
    uint64_t i, done = 0, refused = 0;

    for ( i = first; i < nr; i += step )
    {
        int rc;

        *at = i;
        rc = run_layout(seed, i);

        if ( rc < 0 )
            return 1;
        refused += rc;
        done++;
    }

    /* A test of refusals alone would test nothing. */
    return refused > done / 3 ? 2 : 0;
}

static void random_layouts_do_as_the_segments_say(void **state)
{
    uint64_t seed = setting("LAYOUT_SEED", 1);
    uint64_t nr = setting("LAYOUTS", 20000);
    unsigned long i, jobs = setting("LAYOUT_JOBS",
                                    sysconf(_SC_NPROCESSORS_ONLN));
    volatile uint64_t *at;
    int status, bad = 0;

    if ( getenv("LAYOUT_ONLY") )
    {
        signal(SIGSEGV, SIG_DFL);
        assert_int_not_equal(run_layout(seed, setting("LAYOUT_ONLY", 0)), -1);
        return;
    }

    /* Where each process is, for the parent to see. */
    at = mmap(NULL, jobs * sizeof(*at), PROT_READ | PROT_WRITE,
              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(at, MAP_FAILED);

    print_message("# %lu layouts of seed %#lx\n", nr, seed);
    fflush(NULL);

    for ( i = 0; i < jobs; i++ )
        if ( fork() == 0 )
        {
            signal(SIGSEGV, SIG_DFL);   /* Not cmocka's. */
            exit(run_layouts(seed, i, jobs, nr, &at[i]));
        }

    for ( i = 0; i < jobs; i++ )
    {
        wait(&status);
        bad += status != 0;
    }

    for ( i = 0; bad && i < jobs; i++ )
        print_message("# a process ended at layout %lu of seed %#lx\n", at[i],
                      seed);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_layouts_do_as_the_segments_say),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
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
