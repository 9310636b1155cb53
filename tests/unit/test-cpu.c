/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One CPU's registers on its way out of Xen.
 *
 * Attacked: what a guest, the watchdog or Xen itself has left switched on, on
 * processors of each kind, and handlers that must not run any more.
 * Must hold: everything that acts by itself is off, and nothing is written
 * that the processor does not have without a way to survive it.
 */

#include "unit.h"

#include <asm/kexec_cpu.h>

#include "cpu.h"
#include "xen.h"

extern int (*const initcall_kexec_cpu_init)(void);

static int reset(void **state)
{
    cpu_reset(X86_VENDOR_INTEL, 6);
    cpu_stays = true;

    return 0;
}

static unsigned int nr_msrs(uint32_t first, uint32_t last)
{
    unsigned int i, nr = 0;

    for ( i = 0; i < nr_cpu_writes; i++ )
        if ( cpu_writes[i].what == CPU_MSR && cpu_writes[i].nr >= first &&
             cpu_writes[i].nr <= last )
        {
            assert_int_equal(cpu_writes[i].value, 0);
            nr++;
        }

    return nr;
}

/* A breakpoint in the control page would stop the hand-over. */
static void breakpoints_are_disabled_first(void **state)
{
    kexec_cpu_quiesce();
    assert_int_equal(cpu_writes[0].what, CPU_DEBUGREG);
    assert_int_equal(cpu_writes[0].nr, 7);
    assert_int_equal(cpu_writes[0].value, 0);
    assert_non_null(cpu_written(CPU_MSR, MSR_IA32_DEBUGCTLMSR));
    assert_int_equal(nr_msrs(MSR_IA32_DEBUGCTLMSR, MSR_IA32_DEBUGCTLMSR), 1);
}

/*
 * Version 2 and later have fixed counters, and one switch for all: it gets its
 * reset value, for software that knows event selects only.
 */
static void intel_counters_stop(void **state)
{
    boot_cpu_data.cpuid_level = 0xa;
    cpu_set_leaf(0xa, 0x0504, 0, 0);
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(0x186, 0x1a6), 5);
    assert_non_null(cpu_written(CPU_MSR, 0x186));
    assert_non_null(cpu_written(CPU_MSR, 0x18a));
    assert_int_equal(nr_msrs(MSR_CORE_PERF_FIXED_CTR_CTRL,
                             MSR_CORE_PERF_FIXED_CTR_CTRL), 1);
    assert_int_equal(cpu_written(CPU_MSR, MSR_CORE_PERF_GLOBAL_CTRL)->value,
                     0x1f);
    assert_null(cpu_written(CPU_MSR, MSR_IA32_PEBS_ENABLE));
    assert_null(cpu_written(CPU_MSR, MSR_RTIT_CTL));
    assert_int_equal(nr_msrs(0xc0000000, 0xffffffff), 0);
}

static void intel_counters_of_version_1_stop(void **state)
{
    boot_cpu_data.cpuid_level = 0xb;
    cpu_set_leaf(0xa, 0x0201, 0, 0);
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(0x186, 0x1a6), 2);
    assert_null(cpu_written(CPU_MSR, MSR_CORE_PERF_GLOBAL_CTRL));
}

/* The leaf is not there, and what CPUID answers then is another leaf's. */
static void p6_counters_stop(void **state)
{
    boot_cpu_data.cpuid_level = 0x9;
    cpu_set_leaf(0xa, 0x0802, 0, 0);
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(0x186, 0x1a6), 2);
    assert_null(cpu_written(CPU_MSR, MSR_CORE_PERF_GLOBAL_CTRL));
}

static void netburst_counters_stop(void **state)
{
    cpu_reset(X86_VENDOR_INTEL, 15);
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(0x360, 0x371), 18);
    assert_non_null(cpu_written(CPU_MSR, 0x371));
    assert_int_equal(nr_msrs(0x186, 0x1a6), 0);
}

static void sampling_into_memory_stops(void **state)
{
    cpu_features = 1u << X86_FEATURE_DS;
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(MSR_IA32_PEBS_ENABLE, MSR_IA32_PEBS_ENABLE), 1);
}

/* Another machine check would be a shutdown. */
static void machine_check_is_over(void **state)
{
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(MSR_IA32_MCG_STATUS, MSR_IA32_MCG_STATUS), 1);
}

/*
 * Intel SDM vol. 3B, 17.3.1.2: RIPV, EIPV, MCIP.  With EIPV the instruction is
 * the cause, and repeated: then the next machine check has to be a shutdown.
 */
static void an_ignored_machine_check_is_over_if_not_repeated(void **state)
{
    uint64_t status;

    for ( status = 4; status < 8; status++ )
    {
        reset(state);
        cpu_msr = (struct cpu_msr){ MSR_IA32_MCG_STATUS, status };
        cpu_interrupt(kexec_ignore_mce);
        assert_int_equal(nr_cpu_writes, !(status & 2));
        assert_int_equal(nr_msrs(MSR_IA32_MCG_STATUS, MSR_IA32_MCG_STATUS),
                         nr_cpu_writes);
    }
}

static void class_of_service_is_the_whole_cache(void **state)
{
    kexec_cpu_reset_msrs();
    assert_null(cpu_written(CPU_MSR, MSR_IA32_PSR_ASSOC));
    cpu_features = 1u << X86_FEATURE_PQE;
    kexec_cpu_reset_msrs();
    assert_int_equal(nr_msrs(MSR_IA32_PSR_ASSOC, MSR_IA32_PSR_ASSOC), 1);
}

static void speculation_is_not_restricted(void **state)
{
    static const unsigned int features[] = { X86_FEATURE_IBRS,
                                             X86_FEATURE_IBRSB };
    unsigned int i;

    kexec_cpu_reset_msrs();
    assert_null(cpu_written(CPU_MSR, MSR_SPEC_CTRL));
    for ( i = 0; i < ARRAY_SIZE(features); i++ )
    {
        cpu_reset(X86_VENDOR_INTEL, 6);
        cpu_features = 1u << features[i];
        kexec_cpu_reset_msrs();
        assert_int_equal(nr_msrs(MSR_SPEC_CTRL, MSR_SPEC_CTRL), 1);
    }
}

static void processor_trace_stops(void **state)
{
    cpu_has_proc_trace = true;
    kexec_cpu_quiesce();
    assert_non_null(cpu_written(CPU_MSR, MSR_RTIT_CTL));
    assert_int_equal(nr_msrs(MSR_RTIT_CTL, MSR_RTIT_CTL), 1);
}

static void old_amd_counters_stop(void **state)
{
    cpu_reset(X86_VENDOR_AMD, 15);
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(0xc0010000, 0xc0010003), 4);
    assert_int_equal(nr_msrs(0xc0010200, 0xc001021f), 0);
    assert_int_equal(nr_msrs(0x186, 0x400), 1);     /* DEBUGCTL */
    assert_null(cpu_written(CPU_MSR, 0xc0000301));
}

static void amd_counters_stop(void **state)
{
    cpu_reset(X86_VENDOR_AMD, 0x17);
    cpu_set_leaf(0x80000000, 0x8000001f, 0, 0);
    cpu_set_leaf(0x80000001, 0, 0, 1U << 23);
    cpu_set_leaf(0x80000022, 1, 16, 0);     /* Beyond the highest leaf. */
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(0xc0010000, 0xc0010003), 4);
    assert_non_null(cpu_written(CPU_MSR, 0xc0010003));
    assert_int_equal(nr_msrs(0xc0010200, 0xc001021f), 6);
    assert_non_null(cpu_written(CPU_MSR, 0xc001020a));
    assert_null(cpu_written(CPU_MSR, 0xc0000301));
}

static void as_many_amd_counters_stop_as_there_are(void **state)
{
    cpu_reset(X86_VENDOR_HYGON, 0x19);
    cpu_set_leaf(0x80000000, 0x80000022, 0, 0);
    cpu_set_leaf(0x80000001, 0, 0, 1U << 23);
    cpu_set_leaf(0x80000022, 1, 0x40 | 8, 0);
    kexec_cpu_quiesce();
    assert_int_equal(nr_msrs(0xc0010200, 0xc001021f), 8);
    assert_non_null(cpu_written(CPU_MSR, 0xc001020e));
    assert_int_equal(cpu_written(CPU_MSR, 0xc0000301)->value, 0xff);
}

/* Under a hypervisor, say, that has none of all this. */
static void missing_msrs_do_no_harm(void **state)
{
    static const unsigned int vendors[] = { X86_VENDOR_INTEL, X86_VENDOR_AMD };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(vendors); i++ )
    {
        cpu_reset(vendors[i], 6);
        boot_cpu_data.cpuid_level = 0xa;
        cpu_set_leaf(0xa, 0x0802, 0, 0);
        cpu_has_proc_trace = true;
        cpu_features = ~0u;
        cpu_forbid_msrs(0, ~0U);
        kexec_cpu_quiesce();
        assert_int_equal(nr_cpu_writes, 1);
    }
}

static bool caches_are_flushed(uint32_t highest, uint32_t encryption)
{
    cpu_reset(X86_VENDOR_AMD, 0x17);
    cpu_set_leaf(0x80000000, highest, 0, 0);
    cpu_set_leaf(0x8000001f, encryption, 0, 0);
    kexec_cpu_flush_caches();

    return cpu_written(CPU_WBINVD, 0);
}

/* A line that was encrypted would be written back over the image. */
static void caches_are_flushed_where_memory_may_be_encrypted(void **state)
{
    assert_true(caches_are_flushed(0x8000001f, 0x1));
    assert_true(caches_are_flushed(0x80000022, 0x0003));
    assert_false(caches_are_flushed(0x80000022, 0x0401));   /* Coherent. */
    assert_false(caches_are_flushed(0x80000022, 0));
    assert_false(caches_are_flushed(0x8000001e, 0x1));      /* No such leaf. */
}

static void memory_types_are_those_after_a_reset(void **state)
{
    kexec_cpu_reset_msrs();
    assert_int_equal(cpu_written(CPU_MSR, MSR_IA32_CR_PAT)->value,
                     0x0007040600070406);
}

static void tables_ignore_what_must_not_be_handled(void **state)
{
    const struct cpu_write *gdt, *idt;
    const idt_entry_t *gates;
    unsigned int i;

    assert_int_equal(initcall_kexec_cpu_init(), 0);
    kexec_cpu_load_tables();

    gdt = cpu_written(CPU_GDT, 0);
    assert_int_equal(gdt->value, (unsigned long)(per_cpu_gdt - 3));
    assert_int_equal(gdt->limit, LAST_RESERVED_GDT_BYTE);

    idt = cpu_written(CPU_IDT, 0);
    assert_true(idt > gdt);     /* Its gates use a segment of that GDT. */
    assert_int_equal(idt->limit, 256 * sizeof(idt_entry_t) - 1);

    gates = (const idt_entry_t *)idt->value;
    for ( i = 0; i < 256; i++ )
    {
        bool ignored = i == 2 || i == 15 || i == 18 || i >= 32;

        assert_int_equal(gates[i].a & (7UL << 32), 0);
        assert_int_equal(gates[i].b, i == 18 ? (unsigned long)kexec_ignore_mce
                                     : ignored ? (unsigned long)trap_nop : i);
        if ( !ignored )
            assert_int_equal(gates[i].a, (0x8eUL << 40) | (i << 4));
    }
}

/* Until it is off, gates mean nothing: the IDT has to be there before. */
static void fred_goes_after_the_idt_is_loaded(void **state)
{
    const struct cpu_write *cr4;

    kexec_cpu_load_tables();
    assert_null(cpu_written(CPU_CR4, 0));

    cpu_cr4 = X86_CR4_FRED | X86_CR4_PAE;
    kexec_cpu_load_tables();
    cr4 = cpu_written(CPU_CR4, 0);
    assert_non_null(cr4);
    assert_int_equal(cr4->value, X86_CR4_PAE);
    assert_true(cr4 > cpu_written(CPU_IDT, 0));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, reset)
    const struct CMUnitTest tests[] = {
        TEST(breakpoints_are_disabled_first),
        TEST(intel_counters_stop),
        TEST(intel_counters_of_version_1_stop),
        TEST(p6_counters_stop),
        TEST(netburst_counters_stop),
        TEST(sampling_into_memory_stops),
        TEST(machine_check_is_over),
        TEST(an_ignored_machine_check_is_over_if_not_repeated),
        TEST(class_of_service_is_the_whole_cache),
        TEST(speculation_is_not_restricted),
        TEST(processor_trace_stops),
        TEST(old_amd_counters_stop),
        TEST(amd_counters_stop),
        TEST(as_many_amd_counters_stop_as_there_are),
        TEST(missing_msrs_do_no_harm),
        TEST(caches_are_flushed_where_memory_may_be_encrypted),
        TEST(memory_types_are_those_after_a_reset),
        TEST(tables_ignore_what_must_not_be_handled),
        TEST(fred_goes_after_the_idt_is_loaded),
    };

    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
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
