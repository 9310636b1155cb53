/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the report says of a dump whose contents are known.
 *
 * Attacked: rings that have wrapped, that are empty, that cannot be; lists
 * that lead in circles or to nowhere; page tables with holes; stacks of
 * garbage; texts that a terminal would obey.
 *
 * Must hold: what is there is printed, what is not is named.
 */

#include <stdio.h>
#include <string.h>

#include "../unit.h"

#include "reported.h"

static int setup(void **state)
{
    made_start(&made);
    result = (struct result){};

    return 0;
}

/*
 * Identity, registers
 */

static void xen_is_named(void **state)
{
    report(0);
    says("4.20.1-made");
    says("0123abcd");
    json_says("\"version\": \"4.20.1-made\"");

    /* By the note, when vmcoreinfo does not tell. */
    made_forget(&made, "OSRELEASE");
    strcpy((char *)made_at(&made, HEAP_PAGE(31)), ".9-old");
    made.xen_info[2] = HEAP_PAGE(31);
    report(0);
    says("4.20.9-old");

    /* A string that begins where nothing is. */
    made.xen_info[2] = ~0ULL;
    report(0);
    says("4.20");
}

static void registers_are_by_their_names(void **state)
{
    static const char *const lines[] = {
        "rax 000000000000bbbb", "rbx 0000000000006666",
        "rcx 000000000000cccc", "rdx 000000000000dddd",
        "rsi 000000000000eeee", "rdi 000000000000ffff",
        "rbp 0000000000005555", " r8 000000000000aaaa",
        " r9 0000000000009999", "r10 0000000000008888",
        "r11 0000000000007777", "r12 0000000000004444",
        "r13 0000000000003333", "r14 0000000000002222",
        "r15 0000000000001111", "rip ffff82d040200110",
        "rsp ffff83000400f800", "efl 0000000000014443",
        "cs e008", "ss 16665", "cr4 150660", "cr3 1203000",
    };
    unsigned int i;

    report(0);
    for ( i = 0; i < sizeof(lines) / sizeof(*lines); i++ )
        says(lines[i]);
    json_says("\"r15\": \"0x1111\"");
}

static void a_cpu_without_registers_is_named(void **state)
{
    memset(made.regs[1], 0, sizeof(made.regs[1]));
    report(0);
    says("CPU 1: no registers (it was off, or did not answer)");
    json_says("\"cpu\": 1, \"saved\": false");
}

static void the_cpu_that_crashed(void **state)
{
    report(0);
    says("CPU 0, which crashed, for domain 7, vCPU 1");
    says("CPU 1, idle");
    json_says("\"crashing_cpu\": 0");

    made_u32_va(&made, CRASHING_CPU_VA, 1);
    report(0);
    says("CPU 1, which crashed, idle");

    made_u32_va(&made, CRASHING_CPU_VA, 2);
    report(1);
    says("CPU 2 crashed, but has no registers in the dump");

    made_u32_va(&made, CRASHING_CPU_VA, ~0U);
    report(1);
    says("nothing says which CPU crashed");
    json_says("\"crashing_cpu\": null");
}

/*
 * Stacks, without xen-syms
 */

static void what_looks_like_a_caller_is_a_guess(void **state)
{
    report(0);
    says("      ffff82d040200110 fn1+0x10\n");
    says("    ? ffff82d040200225 fn2+0x25\n");
    says("    ? ffff82d040200325 fn3.c#fn3+0x25\n");
    never_says("fn2+0x10");
    says("?: a guess");
    json_says("{\"kind\": \"caller\", \"guess\": true, "
              "\"rip\": \"0xffff82d040200225\"");
}

/* Where: not in the functions that every crash is in. */
static void the_place_is_outside_of_the_crash_path(void **state)
{
    made.regs[0][16] = FUNCTION_VA(4) + 1;
    report(0);
    says("Where:   ? ffff82d040200225 fn2+0x25");
}

/* Registers that entry code has saved, as struct cpu_user_regs. */
static void save_registers(uint64_t va, uint64_t cs, uint64_t rip,
                           uint64_t rsp)
{
    made_u64_va(&made, va + 8 * 15, 14ULL << 32);       /* #PF */
    made_u64_va(&made, va + 8 * 16, rip);
    made_u64_va(&made, va + 8 * 17, cs);
    made_u64_va(&made, va + 8 * 19, rsp);
    made_u64_va(&made, va + 8 * 20, cs & 3 ? 0xe02b : 0);
}

static void an_exception_is_recognised(void **state)
{
    uint64_t top = STACK_VA(0) + STACK_BYTES;

    save_registers(top - 0x780, 0xe008, FUNCTION_VA(3) + 7, top - 0x400);
    made_u64_va(&made, top - 0x600, RETURN_TO(4));
    made_u64_va(&made, top - 0x3f8, RETURN_TO(1));
    report(0);
    says("-- #PF --\n    ? ffff82d040200307 fn3.c#fn3+0x7");
    says("Where:   ? ffff82d040200307");
    says("? ffff82d040200125 fn1+0x25");
    /* What is between is of no more interest. */
    never_says("ffff82d040200425");

    /* Another stack pointer than one of this CPU: none of that. */
    save_registers(top - 0x780, 0xe008, FUNCTION_VA(3) + 7, STACK_VA(1));
    report(0);
    never_says("#PF");
}

static void a_guest_is_a_guest(void **state)
{
    made.regs[0][17] = 0xe033;
    made.regs[0][16] = 0x401000;
    report(0);
    says("0000000000401000 in the guest");
    json_says("\"in_guest\": true");
}

/* It runs at ring 0, in a segment of its own. */
static void the_kernel_of_an_hvm_guest_is_a_guest(void **state)
{
    made.regs[0][17] = 0x10;
    made.regs[0][16] = 0xffffffff81001000;
    report(0);
    says("ffffffff81001000 in the guest");
}

static void a_stack_pointer_of_garbage(void **state)
{
    static const uint64_t garbage[] = {
        0, 1, ~0ULL, ~7ULL, HEAP_VA - 8, STACK_VA(0) - 8,
        STACK_VA(0) + STACK_BYTES, STACK_VA(0) + STACK_BYTES - 4,
    };
    unsigned int i;

    for ( i = 0; i < sizeof(garbage) / sizeof(*garbage); i++ )
    {
        made.regs[0][19] = garbage[i];
        report(0);
        says("fn1+0x10");
    }

    /* Nothing says where the stack is, so it is where the pointer is. */
    made_forget(&made, "SYMBOL(stack_base)");
    made.regs[0][19] = ~0ULL;
    report(0);
}

static void functions_without_names(void **state)
{
    made_u32_va(&made, SYM_OFFSETS_VA + 8, 0);
    report(1);
    says("table of symbols is damaged");
    says("fn1+");

    made_u32_va(&made, NUM_SYMS_VA, ~0U);
    report(1);
    says("functions have no names");
    says("ffff82d040200110\n");

    made_forget(&made, "SYMBOL(symbols_names)");
    report(1);
    says("functions have no names");
}

/* Tokens that make a name longer than any is. */
static void a_name_that_does_not_end(void **state)
{
    memset(made_at_va(&made, TOKEN_TABLE_VA), 'x', 0x300);
    memset(made_at_va(&made, SYM_NAMES_VA), 0xff, 0x200);
    report(1);
    says("table of symbols");
}

/*
 * The console
 */

static void the_reason_is_the_last_sign(void **state)
{
    report(0);
    says("Reason:    'C' pressed -> triggering crashdump\n");
    json_says("\"reason\": [\n  \"'C' pressed -> triggering crashdump\"]");

    made_say(&made, "(XEN) Hardware Dom0 crashed: Executing kexec image\n"
                    "(XEN) kexec: stopped 1 other CPUs\n");
    report(0);
    says("Reason:    Hardware Dom0 crashed: Executing kexec image\n");
}

/* Xen tells of the crash and goes on about kexec in the same line. */
static void a_panic_of_dom0_is_told_by_dom0(void **state)
{
    made_say(&made, "(XEN) Hardware Dom0 crashed: kexec: stopped 3 CPUs\n");
    made_log(&made, 8, LOG_FINALIZED, 0, 64,
             "Kernel panic - not syncing: by itself");
    report(0);
    says("  Reason:    Hardware Dom0 crashed\n"
         "  dom0:      [    8.000005] Kernel panic - not syncing: by itself\n"
         "  CPU:       0\n");
    json_says("\"dom0_reason\": [\n  \"[    8.000005] Kernel panic");
}

static void a_panic_is_shown_up_to_its_stars(void **state)
{
    made_say(&made,
             "(XEN) [   12.345678] \n"
             "(XEN) ****************************************\n"
             "(XEN) [   12.345680] Panic on CPU 3:\n"
             "(XEN) FATAL PAGE FAULT\n"
             "(XEN) [error_code=0002]\n"
             "(XEN) ****************************************\n"
             "(XEN) \n"
             "(XEN) something else\n");
    report(0);
    says("Reason:    Panic on CPU 3:\n"
         "             FATAL PAGE FAULT\n");
    never_says("           something else");
}

static void without_a_sign_there_is_no_reason(void **state)
{
    made_u32_va(&made, CONRINGP_VA, 0);
    memset(made_at_va(&made, RING_VA), 0, RING_BYTES);
    made_say(&made, "(XEN) all is well\n");
    report(0);
    says("Reason:    not found in the console ring");
    says("(XEN) all is well\n");

    made_u32_va(&made, CONRINGP_VA, 0);
    memset(made_at_va(&made, RING_VA), 0, RING_BYTES);
    report(0);
    says("Reason:    not found");
    json_says("\"console\": []");
}

/* At every place in the ring, the line is whole, and the oldest is cut. */
static void a_ring_that_has_wrapped(void **state)
{
    char line[64];
    unsigned int i;

    for ( i = 0; i < RING_BYTES / 20 + 40; i++ )
    {
        snprintf(line, sizeof(line), "(XEN) this is line %u\n", i);
        made_say(&made, line);
        if ( i >= RING_BYTES / 20 )
        {
            report(0);
            says(line);
            never_says("this is line 1\n");
        }
    }

    /* The producer's count, of 32 bits, wraps as well. */
    made_u32_va(&made, CONRINGP_VA, 0xfffffff8U);
    made_say(&made, "(XEN) and over the top\n");
    report(0);
    says("(XEN) and over the top\n");
}

/* A byte that was never written, or overwritten, ends nothing. */
static void a_zero_in_the_ring(void **state)
{
    *made_at_va(&made, RING_VA + 8) = 0;
    report(0);
    says("(XEN) upand running\n");
    says("triggering crashdump\n");
}

static void a_ring_that_cannot_be(void **state)
{
    static const uint32_t sizes[] = { 0, 3, 4095, ~0U, 1U << 31 };
    unsigned int i;

    for ( i = 0; i < sizeof(sizes) / sizeof(*sizes); i++ )
    {
        made_u32_va(&made, CONRING_SIZE_VA, sizes[i]);
        report(1);
        says("no console ring: it cannot have");
    }

    made_u32_va(&made, CONRING_SIZE_VA, RING_BYTES);
    made_u64_va(&made, CONRING_VA, 0x1234);
    report(1);
    says("no console ring: its memory is not in the dump");

    made_forget(&made, "SYMBOL(conringp)");
    report(1);
    says("no console ring: nothing says where it is");
}

/* Neither terminal nor JSON's reader is told anything by a log. */
static void logs_are_text(void **state)
{
    made_say(&made, "(XEN) \033[2J \"quoted\\\" \x80\x07\n");
    made_log(&made, 9, LOG_FINALIZED, 32, 64, "\033]0;dom0\a");
    report(0);
    assert_null(strchr(result.text, '\033'));
    assert_null(strchr(result.text, '\a'));
    says("\\x1b[2J \"quoted\\\" \\x80\\x07\n");
    says("\\x1b]0;dom0\\x07");
    assert_null(strchr(result.json, '\033'));
    json_says("\\u001b[2J \\\"quoted\\\\\\\" \\u0080\\u0007\"");
}

/*
 * Domains
 */

static void domains_are_listed(void **state)
{
    *made_at_va(&made, DOMAIN_VA(1) + 28) = 1;  /* is_dying */
    *made_at_va(&made, DOMAIN_VA(1) + 32) = 1;  /* is_shut_down */
    *made_at_va(&made, DOMAIN_VA(1) + 36) = 3;  /* shutdown_code */
    made_u64_va(&made, VCPUS_VA(1), 0);
    report(0);
    says("Domains: 2\n"
         "  domain 0: 2 vCPU(s) of 4, 16384 KiB, PV\n");
    says("  domain 7: 1 vCPU(s) of 4, ");
    says("dying, shut down with code 3, PV\n");
    json_says("\"shutdown_code\": 3");
}

static void domains_in_a_circle(void **state)
{
    made_u64_va(&made, DOMAIN_VA(1) + 48, DOMAIN_VA(0));
    report(1);
    says("list of domains is damaged behind the first 2");
}

static void domains_that_are_nowhere(void **state)
{
    made_u64_va(&made, DOMAIN_VA(1) + 48, 0x1234);
    report(1);
    says("list of domains is damaged behind the first 2");
    says("domain 7");

    made_u64_va(&made, DOMAIN_LIST_VA, 0);
    report(0);
    says("Domains: 0");

    made_forget(&made, "OFFSET(domain.max_vcpus)");
    made_u64_va(&made, DOMAIN_LIST_VA, DOMAIN_VA(1));
    made_u64_va(&made, DOMAIN_VA(1) + 48, 0);
    report(0);
    says("  domain 7, PV\n");

    made_forget(&made, "SYMBOL(domain_list)");
    report(1);
    says("no list of domains");
}

/*
 * Page tables
 */

static void holes_in_the_page_tables(void **state)
{
    static const uint64_t tables[] = { ROOT_MADDR, DIRECT_L3, DIRECT_L2 };
    unsigned int i;

    for ( i = 0; i < 3; i++ )
    {
        uint64_t *entry = (uint64_t *)made_at(
            &made, tables[i] + 8 * ((HEAP_VA >> (39 - 9 * i)) & 511));
        uint64_t before = *entry;

        /* Not present, or a table that is nowhere. */
        *entry = before & ~1ULL;
        report(1);
        says("no console ring: its memory");
        *entry = before | 0x000f000000000000ULL;
        report(1);
        *entry = before;
    }
    report(0);
}

/* A Xen that says no more than filters need. */
static void little_vmcoreinfo_is_enough_for_domains(void **state)
{
    made_forget(&made, "SYMBOL(_stext)");
    made_forget(&made, "SYMBOL(conring)");
    made_forget(&made, "NUMBER(XEN_VIRT_START)");
    made_forget(&made, "OFFSET(domain.vcpu)");
    report(1);
    says("Domains: 2\n  domain 0, PV\n");
    says("\n  domain 7, PV\n");
    never_says("page tables are not in the dump");
}

/* Xen's own cannot be used: then those that a CPU was on. */
static void other_page_tables_do_as_well(void **state)
{
    made_forget(&made, "SYMBOL(pgd_l4)");
    report(0);
    says("triggering crashdump");

    made.control[0][2] = 0x5000;
    report(0);
    says("triggering crashdump");

    made.control[1][2] = 0;
    report(1);
    says("Xen's page tables are not in the dump");
}

/*
 * dom0's log
 */

static void the_log_of_dom0(void **state)
{
    report(0);
    says("[    8.000005] dom0 is here\n[    9.000005] dom0 was here\n");
    json_says("\"no_dom0_log\": null");

    /* Its vmcoreinfo as a note: then not from its memory. */
    made.dom0_note = made_dom0_vmcoreinfo;
    memset(made_at(&made, DOM0_MADDR(PFN_NOTE)), 0, 64);
    report(0);
    says("dom0 was here");
}

static void records_that_are_no_more(void **state)
{
    made_log(&made, 8, LOG_REUSABLE, 0, 32, "gone");
    report(0);
    never_says("gone");
    says("dom0 was here");

    /* The place of a descriptor that another has by now. */
    made_log(&made, 8, LOG_FINALIZED, 0, 32, "here");
    made_u64(&made, DOM0_MADDR(PFN_PRB) + 0x400, 2ULL << 62 | 16);
    report(0);
    never_says("here\n[    9.");
}

/* A text that would reach over the end is at the start of the ring. */
static void a_text_that_has_wrapped(void **state)
{
    made_log(&made, 9, LOG_FINALIZED, 2 * PAGE - 16, 2 * PAGE + 48,
             "at the start of the ring");
    report(0);
    says("] at the start of the ring\n");

    /* Up to the last byte, it is not. */
    made_log(&made, 9, LOG_FINALIZED, 2 * PAGE - 32, 2 * PAGE,
             "at the end of the ring!!");
    report(0);
    says("] at the end of the ring!!\n");

    /* No text at all. */
    made_log(&made, 9, LOG_FINALIZED, 1, 1, "");
    report(0);
    says("[    9.000005] \n");
}

static void why_there_is_no_log(void **state)
{
    made_u64(&made, DOM0_MADDR(PFN_L2), 0);
    made_u64(&made, DOM0_MADDR(PFN_L3) + 8 * 510, 0);
    report(0);
    says("dom0's log: none: dom0's log is not in the dump, or damaged");

    made.dom0_note = "SYMBOL(swapper_pg_dir)=ffffffff80001000\n"
                     "NUMBER(phys_base)=0\n";
    report(0);
    says("does not say where its log is");
    made.dom0_note = NULL;

    made_u64(&made, P2M_LEAF + 8 * PFN_ROOT, ~0ULL);
    report(0);
    says("dom0's log: none: dom0's page tables are not in the dump");

    made_u64(&made, P2M_LEAF + 8 * PFN_NOTE, ~0ULL);
    report(0);
    says("dom0's log: none: no vmcoreinfo of dom0's kernel");

    made.xen_info[9] = 0;
    report(0);
    says("dom0's log: none: neither a vmcoreinfo");

    made.dom0_note = "OSRELEASE=4.9\n";
    report(0);
    says("does not say where its page tables are");
    json_says("\"no_dom0_log\": \"");
}

/* Frame lists that all lead to each other end. */
static void frames_in_a_circle(void **state)
{
    unsigned int i;

    for ( i = 0; i < 512; i++ )
        made_u64(&made, P2M_TOP + 8 * i, (i & 1 ? P2M_TOP : P2M_MID) >> 12);
    memset(made_at(&made, DOM0_MADDR(PFN_NOTE)), 0, 64);
    report(0);
    says("dom0's log: none: no vmcoreinfo");
}

static void a_ring_of_dom0_that_cannot_be(void **state)
{
    uint64_t prb = DOM0_MADDR(PFN_PRB) + 0x100;

    made_u32(&made, prb + 16, 64);
    report(0);
    says("dom0's log is not in the dump, or damaged");

    /* Descriptors beyond dom0's memory. */
    made_u32(&made, prb + 16, 20);
    made_u64(&made, prb + 16 + 32, 100000);
    made_u64(&made, prb + 16 + 24, 100002);
    report(0);
    says("dom0's log\n(a record is not in the dump)\n");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, reported_end)
    const struct CMUnitTest tests[] = {
        TEST(xen_is_named),
        TEST(registers_are_by_their_names),
        TEST(a_cpu_without_registers_is_named),
        TEST(the_cpu_that_crashed),
        TEST(what_looks_like_a_caller_is_a_guess),
        TEST(the_place_is_outside_of_the_crash_path),
        TEST(an_exception_is_recognised),
        TEST(a_guest_is_a_guest),
        TEST(the_kernel_of_an_hvm_guest_is_a_guest),
        TEST(a_stack_pointer_of_garbage),
        TEST(functions_without_names),
        TEST(a_name_that_does_not_end),
        TEST(the_reason_is_the_last_sign),
        TEST(a_panic_of_dom0_is_told_by_dom0),
        TEST(a_panic_is_shown_up_to_its_stars),
        TEST(without_a_sign_there_is_no_reason),
        TEST(a_ring_that_has_wrapped),
        TEST(a_zero_in_the_ring),
        TEST(a_ring_that_cannot_be),
        TEST(logs_are_text),
        TEST(domains_are_listed),
        TEST(domains_in_a_circle),
        TEST(domains_that_are_nowhere),
        TEST(holes_in_the_page_tables),
        TEST(little_vmcoreinfo_is_enough_for_domains),
        TEST(other_page_tables_do_as_well),
        TEST(the_log_of_dom0),
        TEST(records_that_are_no_more),
        TEST(a_text_that_has_wrapped),
        TEST(why_there_is_no_log),
        TEST(frames_in_a_circle),
        TEST(a_ring_of_dom0_that_cannot_be),
    };

    return cmocka_run_group_tests_name("vmcore-report", tests, NULL, NULL);
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
