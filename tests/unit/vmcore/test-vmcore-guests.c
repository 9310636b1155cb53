/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the reader says of domains, their vCPUs, dom0's kernel, livepatches;
 * and the files that it writes.
 *
 * Attacked: names of other domains, states that are none, registers in each
 * of the three places, tables of symbols that are damaged, lists in circles,
 * folders that cannot be written.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"

#include "reported.h"

#define UUID "10111213-1415-1617-1819-1a1b1c1d1e1f"

static int setup(void **state)
{
    made_start(&made);
    made_dom0_symbols = NULL;
    made_stack_words = false;
    result = (struct result){};

    return 0;
}

static void describe(const char *lines)
{
    strcat(made.vmcoreinfo, lines);
}

/*
 * Domains
 */

static void a_domain_has_its_uuid_and_type(void **state)
{
    report(0);
    says("    UUID 00000000-0000-0000-0000-000000000000\n");
    says("    UUID " UUID "\n");
    json_says("\"uuid\": \"" UUID "\"");
    json_says("\"name\": \"Domain-0\"");

    made_u32_va(&made, DOMAIN_VA(1) + 80, 1);   /* options */
    made_u32_va(&made, DOMAIN_VA(1) + 84, 2);   /* pause_count */
    report(0);
    says("HVM or PVH, paused 2 time(s)\n");
    json_says("\"type\": \"hvm\", \"pause_count\": 2");

    made_forget(&made, "OFFSET(domain.handle)");
    made_forget(&made, "OFFSET(domain.options)");
    report(0);
    never_says("UUID");
    never_says("HVM or PVH");
}

/* A page of dom0's, as libxl writes the file. */
static void put_page(const char *text)
{
    char *page = (char *)made_at(&made, DOM0_MADDR(PFN_FREE));

    memset(page, 0, PAGE);
    memcpy(page, text, strlen(text));
}

static void a_name_is_in_the_toolstack_s_file(void **state)
{
    static const char *const others[] = {
        /* Of a domain that is no more, of none, not at the start of a page */
        "{\n \"c_info\": {\n \"name\": \"web\",\n \"uuid\": "
            "\"20111213-1415-1617-1819-1a1b1c1d1e1f\"\n",
        "{\n \"c_info\": {\n \"name\": \"web\",\n \"uuid\": \"\"\n",
        "{\n \"c_info\": {\n \"uuid\": \"" UUID "\"\n",
        "{\n \"c_info\": {\n \"name\": \"web",
        "# {\n \"c_info\": {\n \"name\": \"web\",\n \"uuid\": \"" UUID
            "\"\n",
        "{\n \"d_info\": {\n \"name\": \"web\",\n \"uuid\": \"" UUID
            "\"\n",
    };
    unsigned int i;

    put_page("{\n    \"c_info\": {\n        \"type\": \"pvh\",\n"
             "        \"name\": \"a \\\"web\\\" server\",\n"
             "        \"uuid\": \"" UUID "\",\n");
    report(0);
    says("    name a \\\"web\\\" server\n    UUID 10");

    for ( i = 0; i < sizeof(others) / sizeof(*others); i++ )
    {
        put_page(others[i]);
        report(0);
        never_says("web");
    }
}

/*
 * vCPUs
 */

static void a_vcpu_has_its_state(void **state)
{
    report(0);
    says("    vCPU 1: blocked, CPU 1, blocked\n");
    json_says("{\"vcpu\": 1, \"state\": \"blocked\", \"cpu\": 1, "
              "\"pause_count\": 0, \"pause_flags\": [\"blocked\"]");

    made_u32_va(&made, VCPU_VA(1, 1) + 16, 0);
    made_u64_va(&made, VCPU_VA(1, 1) + 24, 0x102);
    made_u32_va(&made, VCPU_VA(1, 1) + 32, 3);
    report(0);
    says("    vCPU 1: running, CPU 1, paused 3 time(s), down, parked\n");

    /* What no Xen has. */
    made_u32_va(&made, VCPU_VA(1, 1) + 16, 77);
    made_u64_va(&made, VCPU_VA(1, 1) + 24, 1ULL << 63);
    made_u32_va(&made, VCPU_VA(1, 1) + 32, 0);
    report(0);
    says("    vCPU 1: ?, CPU 1\n");

    made_forget(&made, "OFFSET(vcpu.runstate.state)");
    report(0);
    says("    vCPU 1\n");
}

/* In struct vcpu, or on a CPU's stack, or in the CPU's note. */
static void registers_are_where_xen_keeps_them(void **state)
{
    uint64_t top = STACK_VA(0) + STACK_BYTES - CPU_INFO_BYTES;

    report(0);
    says("rip 00000000000e0010  rsp 00000000000e0013");
    json_says("\"rip\": \"0xe0010\"");

    made_u32_va(&made, VCPU_VA(1, 1) + 20, 0);  /* dirty_cpu */
    made_u64_va(&made, top + 8 * 16, 0xabc);
    report(0);
    says("    vCPU 1: blocked, CPU 1, blocked\n"
         "        rip 0000000000000abc");

    made.regs[0][17] = 0xe033;
    made.regs[0][16] = 0x401000;
    report(0);
    says("    vCPU 1: blocked, CPU 1, blocked\n"
         "        rip 0000000000401000");

    /* The CPU has gone to another guest: the note is of that one's. */
    made_u64_va(&made, STACK_VA(0) + STACK_BYTES - CPU_INFO_BYTES + 208,
                VCPU_VA(0, 1));
    report(0);
    says("    vCPU 1: blocked, CPU 1, blocked\n"
         "        rip 0000000000000abc");

    /* No such CPU: it is nobody's. */
    made_u32_va(&made, VCPU_VA(1, 1) + 20, MADE_CPUS);
    report(0);
    says("rip 00000000000e0010");

    made_forget(&made, "OFFSET(vcpu.dirty_cpu)");
    report(0);
    never_says("rip 00000000000e0010");
}

/* However many the domain says that it has. */
static void vcpus_are_bounded(void **state)
{
    made_u32_va(&made, DOMAIN_VA(1) + 4, ~0U);
    report(0);
    says("vCPU(s) of 4294967295");

    made_u64_va(&made, DOMAIN_VA(1) + 16, 8);
    report(0);
    says("domain 7: 0 vCPU(s)");
}

/*
 * dom0's kernel
 */

static void functions_of_dom0_have_names(void **state)
{
    report(0);
    says("        ffffffff80009110 do_a+0x10\n"
         "      ? ffffffff80009225 do_b+0x25\n");
    never_says("ffffffff80009226");
    json_says("\"function\": \"do_b\", \"offset\": 37");

    /* Relative all of them, as Linux 6.15 and later have it. */
    made_u32(&made, DOM0_MADDR(PFN_SYMS) + 4, 0x10);
    made_u32(&made, DOM0_MADDR(PFN_SYMS) + 8, 0x100);
    made_u32(&made, DOM0_MADDR(PFN_SYMS) + 12, 0x180);
    made_u32(&made, DOM0_MADDR(PFN_SYMS) + 16, 0x200);
    made_u32(&made, DOM0_MADDR(PFN_SYMS) + 20, 0x400);
    report(0);
    says("do_b+0x25");

    /* Behind the kernel there are modules. */
    made_u64_va(&made, VCPU_VA(0, 0) + 64 + 8 * 16, DOM0_CODE(0x500));
    report(0);
    says("        ffffffff80009500\n");
}

static void a_vcpu_in_userland_has_no_stack_in_the_kernel(void **state)
{
    made_u64_va(&made, VCPU_VA(0, 0) + 64 + 8 * 16, 0x401000);
    report(0);
    never_says("do_b");

    made_u64_va(&made, VCPU_VA(0, 0) + 64 + 8 * 16, DOM0_CODE(0x110));
    made_u64_va(&made, VCPU_VA(0, 0) + 64 + 8 * 19, 0x7fff0000);
    report(0);
    never_says("do_a");

    /* Of an HVM dom0 no page tables are known. */
    made_u64_va(&made, VCPU_VA(0, 0) + 64 + 8 * 19, DOM0_STACK);
    made_u32_va(&made, DOMAIN_VA(0) + 80, 1);
    report(0);
    never_says("do_a");
}

static void a_stack_of_dom0_that_is_nowhere(void **state)
{
    static const uint64_t garbage[] = {
        ~0ULL, ~7ULL, 0xffff800000000000ULL, DOM0_STACK + 0x7fc,
    };
    unsigned int i;

    for ( i = 0; i < sizeof(garbage) / sizeof(*garbage); i++ )
    {
        made_u64_va(&made, VCPU_VA(0, 0) + 64 + 8 * 19, garbage[i]);
        report(0);
        says("do_a+0x10\n");
    }
}

static void symbols_of_dom0_that_are_damaged(void **state)
{
    static const uint32_t numbers[] = { 0, 1, 5000, ~0U };
    unsigned int i;

    for ( i = 0; i < sizeof(numbers) / sizeof(*numbers); i++ )
    {
        made_u32(&made, DOM0_MADDR(PFN_SYMS) + 0x20, numbers[i]);
        report(0);
        says("        ffffffff80009110");
    }

    /* Names longer than any, and a length of two bytes. */
    made_u32(&made, DOM0_MADDR(PFN_SYMS) + 0x20, 6);
    memset(made_at(&made, DOM0_MADDR(PFN_SYMS) + 0x40), 0xff, 0x100);
    report(0);
    says("        ffffffff80009110\n");
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void names_of_dom0_from_a_file(void **state)
{
    char path[] = "/tmp/test-vmcore-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    made_dom0_symbols = path;
    write_file(path, "ffffffff80009200 T mapped_b\n"
                     "0000000000000000 A percpu\n"
                     "ffffffff80009100 t mapped_a\n"
                     "ffffffff80009104 d data\n");
    report(0);
    says("mapped_a+0x10");
    says("mapped_b+0x25");
    never_says("do_b");

    /* Where the kernel is, by its vmcoreinfo, is not where it was linked. */
    made.dom0_note = "SYMBOL(swapper_pg_dir)=ffffffff80001000\n"
                     "NUMBER(phys_base)=0\nKERNELOFFSET=1000\n";
    write_file(path, "ffffffff80008100 t moved_a\n");
    report(0);
    says("moved_a+0x10");
    made.dom0_note = NULL;

    write_file(path, "no map\n");
    report(1);
    says("neither a System.map nor a vmlinux");

    /* What Debian has in its place. */
    write_file(path, "ffffffffffffffff B The real System.map is elsewhere\n");
    report(1);
    says("neither a System.map nor a vmlinux");

    write_file(path, "");
    report(1);
    says("neither a System.map nor a vmlinux");

    /* This reader is without libelf. */
    write_file(path, "\177ELF...");
    report(1);
    says("no names of dom0's functions: ");

    unlink(path);
    report(1);
    says("No such file");
    says("        ffffffff80009110\n");
}

/*
 * Xen
 */

static void the_command_line(void **state)
{
    static const char name[] = "bx.c#saved_cmdline";
    /* Behind the four names of code before it. */
    uint8_t *at = made_at_va(&made, SYM_NAMES_VA + 8 + 5 + 5 + 11);
    uint32_t place = TOKEN_INDEX_VA + 0x300 - VIRT_START;

    strcpy((char *)made_at_va(&made, TOKEN_INDEX_VA + 0x300),
           "crashkernel=192M");
    report(0);
    never_says("crashkernel");

    assert_int_equal(*at, strlen("Tkexec_crash"));
    *at = strlen(name);
    memcpy(at + 1, name, strlen(name));
    made_u32_va(&made, SYM_OFFSETS_VA + 16, place);
    report(0);
    says("Command line  crashkernel=192M\n");
    json_says("\"command_line\": \"crashkernel=192M\"");
}

static void words_of_stacks_on_request(void **state)
{
    report(0);
    never_says("Words on the stack");

    made_stack_words = true;
    report(0);
    says("  Words on the stack of CPU 0: 256\n"
         "    ffff83000400f800: 0000000000000000\n");
    says("    ffff83000400f818: ffff82d040200225 fn2+0x25\n");
    json_says("\"stack_words\": {\"start\": \"0xffff83000400f800\", "
              "\"words\": [\"0\", ");

    /* Of a guest, and of nowhere. */
    made.regs[0][17] = 0x10;
    report(0);
    says("  Words on the stack of CPU 0: 0\n");
    made.regs[0][17] = 0xe008;
    made.regs[0][19] = STACK_VA(0) + STACK_BYTES;
    report(0);
    says("  Words on the stack of CPU 0: 0\n");
    made.regs[0][19] = 1;
    report(0);
    says("  Words on the stack of CPU 0: 0\n");
}

/* At a page of the heap that nothing else uses. */
#define PAYLOAD_VA  (HEAP_VA + 30 * PAGE)
#define PATCHED_VA  (HEAP_VA + 31 * PAGE)

static void make_payload(void)
{
    describe("SYMBOL(payload_list)=ffff83000401ef00\n"
             "OFFSET(payload.list)=16\nOFFSET(payload.state)=0\n"
             "OFFSET(payload.name)=128\nOFFSET(payload.text_addr)=32\n"
             "OFFSET(payload.text_size)=40\nOFFSET(payload.symtab)=48\n"
             "OFFSET(payload.nsyms)=56\nSIZE(livepatch_symbol)=24\n"
             "OFFSET(livepatch_symbol.name)=0\n"
             "OFFSET(livepatch_symbol.value)=8\n");
    made_u64_va(&made, PAYLOAD_VA + 0xf00, PAYLOAD_VA + 16);
    made_u64_va(&made, PAYLOAD_VA + 16, PAYLOAD_VA + 0xf00);
    made_u32_va(&made, PAYLOAD_VA, 2);
    made_u64_va(&made, PAYLOAD_VA + 32, PATCHED_VA);
    made_u64_va(&made, PAYLOAD_VA + 40, PAGE);
    made_u64_va(&made, PAYLOAD_VA + 48, PAYLOAD_VA + 0x400);
    made_u32_va(&made, PAYLOAD_VA + 56, 1);
    made_u64_va(&made, PAYLOAD_VA + 0x400, PAYLOAD_VA + 0x500);
    made_u64_va(&made, PAYLOAD_VA + 0x408, PATCHED_VA + 0x100);
    strcpy((char *)made_at_va(&made, PAYLOAD_VA + 128), "xsa-1");
    strcpy((char *)made_at_va(&made, PAYLOAD_VA + 0x500), "fixed_fn");
    *made_at_va(&made, PATCHED_VA + 0x120) = 0xe8;
    made_u64_va(&made, STACK_VA(0) + STACK_BYTES - 0x7e0, PATCHED_VA + 0x125);
}

static void livepatches_are_listed_and_their_functions_found(void **state)
{
    make_payload();
    report(0);
    says("\nLivepatches\n  xsa-1: applied, text ffff83000401f000 to "
         "ffff830004020000\n");
    says("    ? ffff83000401f125 fixed_fn+0x25  [xsa-1]\n");
    json_says("{\"name\": \"xsa-1\", \"state\": \"applied\"");
    json_says("\"function\": \"fixed_fn\"");
}

static void livepatches_that_are_damaged(void **state)
{
    make_payload();
    made_u32_va(&made, PAYLOAD_VA, 9);
    made_u32_va(&made, PAYLOAD_VA + 56, ~0U);
    report(0);
    says("  xsa-1: ?, text");

    /* Back to itself, and to nowhere. */
    made_u64_va(&made, PAYLOAD_VA + 16, PAYLOAD_VA + 16);
    report(1);
    says("list of livepatches is damaged behind the first 1024");
    made_u64_va(&made, PAYLOAD_VA + 16, 0x1234);
    report(1);
    says("list of livepatches is damaged behind the first 1");
}

/*
 * Files
 */

static char *contents(const char *folder, const char *name)
{
    static char text[1 << 17];
    char path[80];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "r");
    if ( !file )
        fail_msg("%s is not there", path);
    text[fread(text, 1, sizeof(text) - 1, file)] = 0;
    fclose(file);
    unlink(path);

    return text;
}

static void is_in(const char *folder, const char *name, const char *text)
{
    const char *all = contents(folder, name);

    if ( !strstr(all, text) )
        fail_msg("\"%s\" is not in %s:\n%s", text, name, all);
}

static void the_report_as_files(void **state)
{
    char folder[32] = "/tmp/test-vmcore-XXXXXX", deeper[40];
    struct stat status;

    assert_non_null(mkdtemp(folder));
    snprintf(deeper, sizeof(deeper), "%s/new", folder);
    made_result_free(&result);
    result = made_report_to(&made, deeper);
    assert_true(result.files);
    assert_int_equal(stat(deeper, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);

    is_in(deeper, "xen.log", "(XEN) up and running\n");
    is_in(deeper, "xen.pcpu0.stack.log", "fn2+0x25\n");
    is_in(deeper, "xen.pcpu1.stack.log", "Words on the stack of CPU 1: 256");
    is_in(deeper, "dom0.log", "dom0 was here\n");
    is_in(deeper, "dom7.log", "rbp 00000000000e0004");
    assert_string_equal(contents(deeper, "report.txt"), result.text);
    assert_string_equal(contents(deeper, "report.json"), result.json);
    assert_int_equal(rmdir(deeper), 0);

    /* Into a folder that is there; without a CPU that says nothing. */
    memset(made.regs[1], 0, sizeof(made.regs[1]));
    made_end(&made);
    made_result_free(&result);
    result = made_report_to(&made, folder);
    assert_true(result.files);
    snprintf(deeper, sizeof(deeper), "%s/xen.pcpu1.stack.log", folder);
    assert_int_not_equal(access(deeper, F_OK), 0);
    is_in(folder, "xen.log", "CPU 1: no registers");
    contents(folder, "xen.pcpu0.stack.log");
    contents(folder, "dom0.log");
    contents(folder, "dom7.log");
    contents(folder, "report.txt");
    contents(folder, "report.json");
    assert_int_equal(rmdir(folder), 0);
}

static void files_that_cannot_be_written_are_named(void **state)
{
    char folder[32] = "/tmp/test-vmcore-XXXXXX", path[60];

    made_result_free(&result);
    result = made_report_to(&made, "/proc/no/such/folder");
    assert_false(result.files);
    assert_non_null(strstr(text_get(&result.error), "/proc/no/such/folder: "));

    /* One is full, the others are written. */
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/dom0.log", folder);
    assert_int_equal(symlink("/dev/full", path), 0);
    made_end(&made);
    made_result_free(&result);
    result = made_report_to(&made, folder);
    assert_false(result.files);
    assert_non_null(strstr(text_get(&result.error), "/dom0.log: "));
    assert_null(strstr(text_get(&result.error), "xen.log"));
    unlink(path);
    is_in(folder, "xen.log", "up and running");
    is_in(folder, "report.json", "\"format\": 1");
    contents(folder, "dom7.log");
    contents(folder, "report.txt");
    contents(folder, "xen.pcpu0.stack.log");
    contents(folder, "xen.pcpu1.stack.log");
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, reported_end)
    const struct CMUnitTest tests[] = {
        TEST(a_domain_has_its_uuid_and_type),
        TEST(a_name_is_in_the_toolstack_s_file),
        TEST(a_vcpu_has_its_state),
        TEST(registers_are_where_xen_keeps_them),
        TEST(vcpus_are_bounded),
        TEST(functions_of_dom0_have_names),
        TEST(a_vcpu_in_userland_has_no_stack_in_the_kernel),
        TEST(a_stack_of_dom0_that_is_nowhere),
        TEST(symbols_of_dom0_that_are_damaged),
        TEST(names_of_dom0_from_a_file),
        TEST(the_command_line),
        TEST(words_of_stacks_on_request),
        TEST(livepatches_are_listed_and_their_functions_found),
        TEST(livepatches_that_are_damaged),
        TEST(the_report_as_files),
        TEST(files_that_cannot_be_written_are_named),
    };

    return cmocka_run_group_tests_name("vmcore-guests", tests, NULL, NULL);
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
