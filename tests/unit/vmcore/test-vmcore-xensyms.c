/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is read from xen-syms: here, from the program that runs, whose frames,
 * types and lines the compiler tells as well.
 *
 * Attacked: frames with and without saved registers, the ends of tables,
 * files that are no programs.
 *
 * Must hold: names, lines, offsets and callers are what the compiler says.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"

#include "xensyms.h"

/* Not in a header: it is to be found in one unit. */
struct looked_for {
    char first;
    struct {
        int second;
    } inner;
    uint64_t third;
};

static struct looked_for looked_for;
static struct xensyms *xensyms;

static int setup(void **state)
{
    struct text error = {};

    xensyms = xensyms_open("/proc/self/exe", &error);
    if ( !xensyms )
        fail_msg("%s", text_get(&error));

    return 0;
}

static int teardown(void **state)
{
    xensyms_close(xensyms);

    return 0;
}

static bool read_own(void *arg, uint64_t va, uint64_t *value)
{
    memcpy(value, (const void *)(uintptr_t)va, sizeof(*value));

    return true;
}

static bool read_nothing(void *arg, uint64_t va, uint64_t *value)
{
    return false;
}

/* The registers here; the others do not matter to a frame of C. */
#define SAVE_REGISTERS(regs)                                            \
    asm volatile ( "lea 0(%%rip), %%rax; mov %%rax, %0\n\t"             \
                   "mov %%rsp, %1; mov %%rbp, %2; mov %%rbx, %3\n\t"    \
                   "mov %%r12, %4; mov %%r13, %5; mov %%r14, %6\n\t"    \
                   "mov %%r15, %7"                                      \
                   : "=m" (regs[REG_RIP]), "=m" (regs[REG_RSP]),        \
                     "=m" (regs[REG_RBP]), "=m" (regs[REG_RBX]),        \
                     "=m" (regs[REG_R12]), "=m" (regs[REG_R13]),        \
                     "=m" (regs[REG_R14]), "=m" (regs[REG_R15])         \
                   :: "rax" )

static const char *name_of(uint64_t va)
{
    uint64_t start;

    return xensyms_name(xensyms, va, &start);
}

static uint64_t returned_to[3];

static void __attribute__((noipa)) innermost(void)
{
    uint64_t regs[NR_REGS] = {};
    unsigned int i;

    SAVE_REGISTERS(regs);
    for ( i = 0; i < 3; i++ )
    {
        assert_true(xensyms_unwind(xensyms, regs[REG_RIP] - !!i, regs,
                                   read_own, NULL));
        returned_to[i] = regs[REG_RIP];
    }
    assert_false(xensyms_unwind(xensyms, returned_to[0], regs, read_nothing,
                                NULL));
}

/* A frame whose size is not known before it runs. */
static unsigned int __attribute__((noipa)) middle(size_t bytes)
{
    volatile char room[bytes];

    room[0] = 1;
    room[bytes - 1] = 2;
    innermost();

    return room[0] + room[bytes - 1];
}

static void __attribute__((noipa)) outer(void)
{
    volatile unsigned int result = middle(1000);

    assert_true(result == 3 || result == 4);
}

static void callers_are_found(void **state)
{
    outer();
    assert_string_equal(name_of(returned_to[0] - 1), "middle");
    assert_string_equal(name_of(returned_to[1] - 1), "outer");
    assert_string_equal(name_of(returned_to[2] - 1), "callers_are_found");
}

static void an_address_without_frame_has_no_caller(void **state)
{
    uint64_t regs[NR_REGS] = {}, before[NR_REGS];

    memcpy(before, regs, sizeof(regs));
    assert_false(xensyms_unwind(xensyms, 16, regs, read_own, NULL));
    assert_false(xensyms_unwind(xensyms, ~0ULL, regs, read_own, NULL));
    assert_memory_equal(regs, before, sizeof(regs));
}

static void symbols_are_where_they_are(void **state)
{
    uint64_t va, start;

    assert_true(xensyms_symbol(xensyms, "looked_for", &va));
    assert_int_equal(va, (uintptr_t)&looked_for);
    assert_true(xensyms_symbol(xensyms, "outer", &va));
    assert_int_equal(va, (uintptr_t)outer);
    assert_false(xensyms_symbol(xensyms, "no such symbol", &va));

    assert_string_equal(xensyms_name(xensyms, va + 3, &start), "outer");
    assert_int_equal(start, va);
    assert_null(xensyms_name(xensyms, 0, &start));
    assert_non_null(xensyms_name(xensyms, ~0ULL, &start));
}

static void lines_are_those_of_the_source(void **state)
{
    const char *file;
    int line = 0;

    outer();
    file = xensyms_line(xensyms, returned_to[2] - 1, &line);
    assert_non_null(file);
    assert_non_null(strstr(file, "test-vmcore-xensyms.c"));
    assert_true(line > 0 && line < __LINE__);
    assert_null(xensyms_line(xensyms, 0, &line));
}

static void types_are_as_the_compiler_has_them(void **state)
{
    uint64_t value;

    assert_true(xensyms_size(xensyms, "looked_for", &value));
    assert_int_equal(value, sizeof(struct looked_for));
    assert_true(xensyms_offset(xensyms, "looked_for", "third", &value));
    assert_int_equal(value, offsetof(struct looked_for, third));
    assert_true(xensyms_offset(xensyms, "looked_for", "first", &value));
    assert_int_equal(value, 0);
    assert_true(xensyms_offset(xensyms, "looked_for", "inner.second", &value));
    assert_int_equal(value, offsetof(struct looked_for, inner.second));
    assert_false(xensyms_offset(xensyms, "looked_for", "inner.third", &value));
    assert_false(xensyms_offset(xensyms, "looked_for", "first.x", &value));
    assert_false(xensyms_offset(xensyms, "looked_for", "second", &value));
    assert_false(xensyms_offset(xensyms, "nothing", "first", &value));
    assert_false(xensyms_size(xensyms, "nothing", &value));
}

static void a_build_id_is_in_digits(void **state)
{
    const char *id = xensyms_build_id(xensyms);

    assert_non_null(id);
    assert_int_equal(strspn(id, "0123456789abcdef"), 40);
    assert_int_equal(strlen(id), 40);
}

/* A folder as a debug package makes it, with a file for this build id. */
struct debug_folder {
    char top[32], ids[64], group[80], file[200];
};

static void make_debug_folder(struct debug_folder *debug, const char *id,
                              const char *target)
{
    strcpy(debug->top, "/tmp/test-vmcore-XXXXXX");
    assert_non_null(mkdtemp(debug->top));
    snprintf(debug->ids, sizeof(debug->ids), "%s/.build-id", debug->top);
    snprintf(debug->group, sizeof(debug->group), "%s/%.2s", debug->ids, id);
    snprintf(debug->file, sizeof(debug->file), "%s/%s.debug", debug->group,
             id + 2);
    assert_int_equal(mkdir(debug->ids, 0700), 0);
    assert_int_equal(mkdir(debug->group, 0700), 0);
    assert_int_equal(symlink(target, debug->file), 0);
}

static void remove_debug_folder(struct debug_folder *debug)
{
    unlink(debug->file);
    rmdir(debug->group);
    rmdir(debug->ids);
    rmdir(debug->top);
}

static void symbols_are_found_by_build_id(void **state)
{
    const char *id = xensyms_build_id(xensyms);
    struct debug_folder debug;
    struct text error = {};
    struct xensyms *found;
    char other[41];

    make_debug_folder(&debug, id, "/proc/self/exe");
    found = xensyms_find(debug.top, id, 40, &error);
    assert_non_null(found);
    assert_string_equal(xensyms_build_id(found), id);
    xensyms_close(found);

    snprintf(other, sizeof(other), "%s", id);
    other[39] = other[39] == '0' ? '1' : '0';
    assert_null(xensyms_find(debug.top, other, 40, &error));
    assert_null(xensyms_find(debug.top, id, 39, &error));
    assert_null(xensyms_find("/no/such/folder", id, 40, &error));
    assert_int_equal(error.used, 0);

    remove_debug_folder(&debug);
}

/* In vmcoreinfo, the next line follows. */
static void digits_end_where_they_are_said_to(void **state)
{
    static const char line[] = "0123abcd\nSYMBOL(x)=1\n";
    struct debug_folder debug;
    struct text error = {};
    struct xensyms *found;

    make_debug_folder(&debug, "0123abcd", "/proc/self/exe");
    found = xensyms_find(debug.top, line, 8, &error);
    assert_non_null(found);
    xensyms_close(found);
    remove_debug_folder(&debug);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct debug_folder debug;
    struct text error = {};

    make_debug_folder(&debug, "0123abcd", "/dev/null");
    assert_null(xensyms_find(debug.top, "0123abcd", 8, &error));
    assert_non_null(strstr(text_get(&error), debug.file));
    text_free(&error);
    remove_debug_folder(&debug);
}

/* Nothing else of a damaged dump leads to a file, even if there is one. */
static void only_digits_are_looked_for(void **state)
{
    static const char *const ids[] = { "xy12", "01AB", "01.." };
    struct debug_folder debug;
    struct text error = {};
    unsigned int i;

    for ( i = 0; i < sizeof(ids) / sizeof(*ids); i++ )
    {
        make_debug_folder(&debug, ids[i], "/proc/self/exe");
        assert_null(xensyms_find(debug.top, ids[i], 4, &error));
        remove_debug_folder(&debug);
    }
    assert_int_equal(error.used, 0);
}

static void what_is_no_program_is_refused(void **state)
{
    static const char *const paths[] = { "/dev/null", "/no/such/file", "/" };
    struct text error = {};
    unsigned int i;

    for ( i = 0; i < sizeof(paths) / sizeof(*paths); i++ )
    {
        assert_null(xensyms_open(paths[i], &error));
        assert_non_null(strstr(text_get(&error), paths[i]));
        text_free(&error);
    }
}

static void without_any_nothing_is_known(void **state)
{
    uint64_t value, regs[NR_REGS] = {};
    int line;

    assert_false(xensyms_symbol(NULL, "outer", &value));
    assert_null(xensyms_name(NULL, (uintptr_t)outer, &value));
    assert_false(xensyms_size(NULL, "looked_for", &value));
    assert_false(xensyms_offset(NULL, "looked_for", "first", &value));
    assert_null(xensyms_line(NULL, (uintptr_t)outer, &line));
    assert_null(xensyms_build_id(NULL));
    assert_false(xensyms_unwind(NULL, (uintptr_t)outer, regs, read_own,
                                NULL));
    xensyms_close(NULL);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(callers_are_found),
        TEST(an_address_without_frame_has_no_caller),
        TEST(symbols_are_where_they_are),
        TEST(lines_are_those_of_the_source),
        TEST(types_are_as_the_compiler_has_them),
        TEST(a_build_id_is_in_digits),
        TEST(symbols_are_found_by_build_id),
        TEST(digits_end_where_they_are_said_to),
        TEST(a_file_that_cannot_be_read_is_named),
        TEST(only_digits_are_looked_for),
        TEST(what_is_no_program_is_refused),
        TEST(without_any_nothing_is_known),
    };

    return cmocka_run_group_tests_name("vmcore-xensyms", tests, NULL, NULL);
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
