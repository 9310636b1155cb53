/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt controllers, timers and the other CPUs.
 *
 * "As firmware left it" is a fact of the machine: the constants are what the
 * 32-bit probe prints when QEMU starts it directly (make -C tests/guest
 * baseline), that is, after SeaBIOS and before any Xen.
 */
#include "probe.h"

#define MSR_APIC_BASE       0x1b
#define MSR_X2APIC_ID       0x802
#define MSR_X2APIC_ICR      0x830
#define APIC_BASE_BSP       (1u << 8)
#define APIC_BASE_X2APIC    (1u << 10)
#define APIC_BASE_ENABLE    (1u << 11)

#define APIC_MADDR          0xfee00000
#define APIC_ID             0x020
#define APIC_TPR            0x080
#define APIC_SVR            0x0f0
#define APIC_ISR            0x100
#define APIC_IRR            0x200
#define APIC_ICR_LOW        0x300
#define APIC_ICR_HIGH       0x310
#define APIC_LVT_TIMER      0x320
#define APIC_LVT_LINT0      0x350
#define APIC_LVT_LINT1      0x360
#define APIC_LVT_ERROR      0x370
#define APIC_SVR_ENABLE     (1u << 8)
#define APIC_SVR_NO_BROADCAST (1u << 12)
#define APIC_LVT_MASKED     (1u << 16)
#define APIC_LVT_MODE       0x10700     /* Mask and delivery mode. */
#define APIC_LVT_EXTINT     0x00700
#define APIC_LVT_NMI        0x00400

#define ICR_NMI             0x04400
#define ICR_INIT            0x04500
#define ICR_STARTUP         0x04600
#define ICR_BUSY            0x01000

#define IOAPIC_MADDR        0xfec00000
#define IOAPIC_MASKED       (1u << 16)

#define HPET_MADDR          0xfed00000
#define HPET_CONFIG         0x10

#define PIC1_MASK           0x21
#define PIC2_MASK           0xa1
#define PIC1_COMMAND        0x20
#define PIC2_COMMAND        0xa0
#define PIT_CHANNEL0        0x40
#define PIT_COMMAND         0x43
#define PIT_READ_STATUS0    0xe2
#define PIT_MODE            0x3f

/* SeaBIOS: channel 0 as a rate generator, low byte then high byte. */
#define FIRMWARE_PIT        0x34

#define AP_PAGE             0x8000

/* The window in which no interrupt may come, and the limit for the CPUs. */
#define WINDOW_TSC          200000000ull
#define RETRY_TSC           20000000ull
#define CPUS_TSC            20000000000ull

extern const uint8_t ap_code[], ap_code_end[];

static uint32_t apic_read(unsigned int reg)
{
    return *(volatile uint32_t *)maddr_to_ptr(APIC_MADDR + reg);
}

static void apic_write(unsigned int reg, uint32_t value)
{
    *(volatile uint32_t *)maddr_to_ptr(APIC_MADDR + reg) = value;
}

static uint32_t ioapic_read(unsigned int reg)
{
    *(volatile uint32_t *)maddr_to_ptr(IOAPIC_MADDR) = reg;

    return *(volatile uint32_t *)maddr_to_ptr(IOAPIC_MADDR + 0x10);
}

static unsigned int ioapic_pins(void)
{
    return ((ioapic_read(1) >> 16) & 0xff) + 1;
}

static uint8_t pit_mode(void)
{
    outb(PIT_COMMAND, PIT_READ_STATUS0);

    return inb(PIT_CHANNEL0) & PIT_MODE;
}

static uint32_t hpet_config(void)
{
    return *(volatile uint32_t *)maddr_to_ptr(HPET_MADDR + HPET_CONFIG);
}

void print_devices(void)
{
    unsigned int pin;

    print("# APIC base %llx\n", (unsigned long long)rdmsr(MSR_APIC_BASE));
    print("# APIC SVR %x TPR %x LVT timer %x LINT0 %x LINT1 %x error %x\n",
          apic_read(APIC_SVR), apic_read(APIC_TPR), apic_read(APIC_LVT_TIMER),
          apic_read(APIC_LVT_LINT0), apic_read(APIC_LVT_LINT1),
          apic_read(APIC_LVT_ERROR));
    for ( pin = 0; pin < ioapic_pins(); pin++ )
        if ( ioapic_read(0x10 + pin * 2) != IOAPIC_MASKED )
            print("# I/O APIC pin %u %x\n", pin, ioapic_read(0x10 + pin * 2));
    print("# PIC masks %x %x, PIT mode %x, HPET config %x\n",
          inb(PIC1_MASK), inb(PIC2_MASK), pit_mode(), hpet_config());
}

/* How many bits are set in a 256-bit register of the local APIC. */
static unsigned int count_vectors(unsigned int reg, const char *what)
{
    unsigned int vector, count = 0;

    for ( vector = 0; vector < 256; vector++ )
        if ( apic_read(reg + vector / 32 * 0x10) & (1u << (vector % 32)) )
        {
            print("# vector %x is %s\n", vector, what);
            count++;
        }

    return count;
}

static void check_apic(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);
    unsigned int pending, in_service;
    bool bsp = base & APIC_BASE_BSP;

    ok_eq(base & ~(uint64_t)APIC_BASE_BSP, APIC_MADDR | APIC_BASE_ENABLE,
          "local APIC base, xAPIC mode");
    if ( base & APIC_BASE_X2APIC )
        return;

    pending = count_vectors(APIC_IRR, "pending");
    in_service = count_vectors(APIC_ISR, "in service");
    ok_eq(pending, 0, "interrupts pending in the local APIC");
    ok_eq(in_service, 0, "interrupts in service in the local APIC");
    ok_eq(apic_read(APIC_TPR), 0, "local APIC task priority");
    ok(apic_read(APIC_LVT_TIMER) & APIC_LVT_MASKED,
       "local APIC timer is masked");

    ok(!(apic_read(APIC_SVR) & APIC_SVR_NO_BROADCAST),
       "I/O APICs are told of EOIs");

    /* Firmware wires the PIC to the boot CPU only. */
    if ( bsp )
    {
        ok(apic_read(APIC_SVR) & APIC_SVR_ENABLE, "local APIC is enabled");
        ok_eq(apic_read(APIC_LVT_LINT0) & APIC_LVT_MODE, APIC_LVT_EXTINT,
              "LINT0, mask and mode");
        ok_eq(apic_read(APIC_LVT_LINT1) & APIC_LVT_MODE, APIC_LVT_NMI,
              "LINT1, mask and mode");
    }
}

void check_devices(void)
{
    unsigned int pin, unmasked = 0;

    print_devices();
    check_apic();

    for ( pin = 0; pin < ioapic_pins(); pin++ )
        if ( !(ioapic_read(0x10 + pin * 2) & IOAPIC_MASKED) )
            unmasked++;
    ok_eq(unmasked, 0, "I/O APIC pins not masked");
    ok_eq(inb(PIC1_MASK) & inb(PIC2_MASK), 0xff, "8259 lines that are masked");
    ok_eq(pit_mode(), FIRMWARE_PIT, "8254 channel 0 mode");
    ok_eq(hpet_config(), 0, "HPET configuration");
}

static uint64_t beats(void)
{
    uint64_t beats = 0;

    if ( facts->live_maddr )
        safe_read(facts->live_maddr + offsetof(struct live, beats), &beats);

    return beats;
}

static void send_ipi(unsigned int id, uint32_t command)
{
    apic_write(APIC_ICR_HIGH, id << 24);
    apic_write(APIC_ICR_LOW, command);
    while ( apic_read(APIC_ICR_LOW) & ICR_BUSY )
        continue;
}

static void send_nmi_to_self(void)
{
    if ( rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC )
        wrmsr(MSR_X2APIC_ICR, (rdmsr(MSR_X2APIC_ID) << 32) | ICR_NMI);
    else
        send_ipi(apic_read(APIC_ID) >> 24, ICR_NMI);
}

/* Give an NMI the time that it may take, or less if it comes. */
static uint32_t nmis_taken(uint32_t expected)
{
    uint64_t limit = rdtsc() + RETRY_TSC;

    while ( vectors_taken[2] < expected && rdtsc() < limit )
        asm volatile ( "pause" ::: "memory" );

    return vectors_taken[2];
}

/*
 * To be called before any exception: returning from one would unblock NMIs
 * that were blocked at entry.
 *
 * The second NMI comes when the IDT that was handed over is loaded again, and
 * has to return from there.  If it did not come at all, it would be taken, and
 * counted, when the probe's own IDT is back.
 */
void check_nmis(void)
{
    struct table_reg gdtr, idtr;
    struct table_reg found_gdtr = state_table(ST_GDTR);
    struct table_reg found_idtr = state_table(ST_IDTR);

    ok_eq(faults_survived, 0, "exceptions before NMIs are looked at");
    send_nmi_to_self();
    ok_eq(nmis_taken(1), 1, "NMIs taken, as they are not blocked at entry");

    if ( !LONG_MODE )
        return;

    asm volatile ( "sgdt %0; sidt %1" : "=m" (gdtr), "=m" (idtr) );
    load_tables(&found_gdtr, &found_idtr);
    send_nmi_to_self();
    nmis_taken(2);
    load_tables(&gdtr, &idtr);
    ok_eq(nmis_taken(2), 1, "NMIs taken, but one by the stub's handler");
}

/* In the same window, no other CPU may do what it did before the entry. */
void check_interrupts(void)
{
    uint64_t until, before = beats();
    unsigned int i, taken = 0;

    until = rdtsc() + WINDOW_TSC;
    asm volatile ( "sti" ::: "memory" );
    while ( rdtsc() < until )
        asm volatile ( "pause" ::: "memory" );
    asm volatile ( "cli" ::: "memory" );

    for ( i = 32; i < 256; i++ )
        if ( vectors_taken[i] )
        {
            print("# vector %x came %u times\n", i, vectors_taken[i]);
            taken += vectors_taken[i];
        }

    ok_eq(taken, 0, "interrupts taken when enabled");
    if ( before )
        ok_eq(beats(), before, "beats of the other vCPUs, as before");
}

/*
 * Each other CPU but the boot CPU, which an INIT would send to the firmware,
 * is reset and started.  One that stopped with the wrong pages under it, or
 * that was never stopped, does not count itself.
 */
void check_cpus(void)
{
    volatile uint32_t *count = maddr_to_ptr(AP_PAGE + (ap_code_end - ap_code) -
                                            4);
    unsigned int self, id, expected = 0;
    uint64_t limit, retry;

    if ( rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC )
    {
        skip("the local APIC is in x2APIC mode", "other CPUs answer");
        return;
    }

    self = apic_read(APIC_ID) >> 24;
    memcpy(maddr_to_ptr(AP_PAGE), ap_code, ap_code_end - ap_code);

    for ( id = 1; id < facts->nr_cpus; id++ )
        if ( id != self )
        {
            send_ipi(id, ICR_INIT);
            expected++;
        }

    limit = rdtsc() + CPUS_TSC;
    while ( *count < expected && rdtsc() < limit )
    {
        for ( id = 1; id < facts->nr_cpus; id++ )
            if ( id != self )
                send_ipi(id, ICR_STARTUP | (AP_PAGE >> PAGE_SHIFT));

        retry = rdtsc() + RETRY_TSC;
        while ( *count < expected && rdtsc() < retry )
            asm volatile ( "pause" ::: "memory" );
    }

    print("# this is CPU %u of %u\n", self, facts->nr_cpus);
    ok_eq(*count, expected, "other CPUs that answer to INIT and start-up");
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
