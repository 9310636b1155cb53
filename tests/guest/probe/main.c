/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe
 *
 * Attacked: the hand-over from Xen to an image, and the bytes of that image.
 * Must hold: every row of the contract, as seen by the image that was entered;
 * every byte of every segment; every byte around them.
 *
 * The order matters.  State that looking at something would change is looked
 * at first; the AP start page and the device tables, which write to memory,
 * come last.
 */
#include "probe.h"

/* In .data: written before bss, which has to be seen untouched, is usable. */
uint64_t state[ST_WORDS] __attribute__((__section__(".data"))) = { 0 };

const struct facts *facts;

extern const struct probe_header probe_head;
extern const uint8_t vectors[], _start[];
extern const uint8_t safe_read_insn[], safe_write_insn[], safe_failed[];

uint32_t vectors_taken[256];
uint32_t faults_survived;

static uint32_t results, failures;
static uint64_t ticks_to_entry;
static uint64_t gdt[4];
static uint64_t idt[256 * 2];

#define COM1        0x3f8
#define COM1_IER    (COM1 + 1)
#define COM1_LCR    (COM1 + 3)
#define COM1_LSR    (COM1 + 5)
#define LSR_THRE    0x20
#define LSR_DR      0x01

void out_text(const char *text, size_t len)
{
    for ( ; len; len--, text++ )
    {
        while ( !(inb(COM1_LSR) & LSR_THRE) )
            continue;
        outb(COM1, *text);
    }
}

/*
 * Let the runner look at the other CPUs from outside, until it types a key.
 * What it sees the first time, it has to see again.
 */
static void look(void)
{
    if ( !(facts->flags & FACTS_LOOK) )
        return;

    print("# look\n");
    while ( !(inb(COM1_LSR) & LSR_DR) )
        continue;
    inb(COM1);
}

void leave(unsigned int verdict)
{
    outl(EXIT_PORT, verdict);

    /* Without the exit device only the plan line says that all was seen. */
    for ( ; ; )
        asm volatile ( "cli; hlt" );
}

struct table_reg state_table(unsigned int nr)
{
    struct table_reg reg;

    memcpy(&reg, &state[nr], sizeof(reg));
    if ( !LONG_MODE )
        reg.base &= 0xffffffff;

    return reg;
}

void handle_vector(struct frame *frame)
{
    if ( frame->vector >= 32 || frame->vector == 2 )
    {
        vectors_taken[frame->vector]++;
        return;
    }

    if ( frame->ip == (unsigned long)safe_read_insn ||
         frame->ip == (unsigned long)safe_write_insn )
    {
        faults_survived++;
        frame->ip = (unsigned long)safe_failed;
        return;
    }

    ok(false, "no unexpected exception: vector %u error %lx ip %lx (image at "
       "%lx)", (unsigned int)frame->vector, frame->error, frame->ip,
       (unsigned long)_start);
    tap_end();
}

static void own_tables(void)
{
    struct table_reg gdtr, idtr;
    unsigned int i;

    gdt[SEL_CODE / 8] = LONG_MODE ? 0x00af9b000000ffffULL
                                  : 0x00cf9b000000ffffULL;
    gdt[SEL_DATA / 8] = 0x00cf93000000ffffULL;

    for ( i = 0; i < 256; i++ )
    {
        uint64_t ip = ptr_to_maddr(vectors) + i * 16;
        uint64_t low = (ip & 0xffff) | (SEL_CODE << 16) |
                       (0x8eULL << 40) | ((ip & 0xffff0000) << 32);

        if ( LONG_MODE )
        {
            idt[i * 2] = low;
            idt[i * 2 + 1] = ip >> 32;
        }
        else
            idt[i] = low;
    }

    gdtr.limit = sizeof(gdt) - 1;
    gdtr.base = ptr_to_maddr(gdt);
    idtr.limit = (LONG_MODE ? 16 : 8) * 256 - 1;
    idtr.base = ptr_to_maddr(idt);
    load_tables(&gdtr, &idtr);
}

/* The image itself, then the block that says what else to look at. */
static bool check_image(void)
{
    const struct probe_header *head = &probe_head;
    static struct facts copy;
    const struct facts *found = maddr_to_ptr(head->facts_maddr);
    bool good;

    good = ok_eq(sum_bytes(_start + head->sum_from,
                           head->sum_to - head->sum_from),
                 head->sum, "sum of the probe's code and constants");
    good &= ok_eq(state[ST_TAIL], 0, "bytes left when the probe's tail was "
                  "seen to differ from 0");

    if ( !ok(found && found->magic == FACTS_MAGIC &&
             found->version == FACTS_VERSION && found->size == sizeof(*found),
             "facts block at %llx is of this version",
             (unsigned long long)head->facts_maddr) )
        return false;

    copy = *found;
    copy.sum = 0;
    if ( !ok_eq(sum_bytes(&copy, sizeof(copy)), found->sum,
                "sum of the facts block") )
        return false;

    facts = found;

    return good;
}

/*
 * The dom0's numbers come first: nothing is printed until they are known, if
 * they are to be had at all.
 */
static bool read_results(const struct facts *found)
{
    uint64_t live[offsetof(struct live, trigger) / 8 + 1];
    unsigned int i;

    if ( !found->live_maddr )
    {
        results = found->results;
        failures = found->failures;
        return true;
    }

    for ( i = 0; i < ARRAY_SIZE(live); i++ )
        if ( !safe_read(found->live_maddr + i * 8, &live[i]) )
            return false;

    if ( live[0] != LIVE_MAGIC || live[1] != found->nonce )
        return false;

    results = live[2];
    failures = live[2] >> 32;
    ticks_to_entry = state[ST_TSC] - live[ARRAY_SIZE(live) - 1];

    return true;
}

/* A crash image finds no memory of the dom0's mapped. */
static bool take_over_results(void)
{
    const struct facts *found = maddr_to_ptr(probe_head.facts_maddr);
    bool done;

    if ( !found || found->magic != FACTS_MAGIC )
        return false;

    if ( found->flags & (FACTS_NO_RULES | FACTS_CRASH) )
        map_devices();
    done = read_results(found);
    if ( !(found->flags & FACTS_NO_RULES) )
        map_as_handed_over();

    return done;
}

void probe_main(void)
{
    uint64_t control_maddr = 0;
    bool live, mapped;

    outb(COM1_IER, 0);
    outb(COM1_LCR, 3);

    tap.results = &results;
    tap.failures = &failures;
    own_tables();

    if ( !LONG_MODE && state[ST_AX] == MULTIBOOT_ENTRY_MAGIC )
    {
        print("# started by firmware: the devices as they are left by it\n");
        print_devices();
        leave(VERDICT_PASS);
    }

    live = take_over_results();
    print("\n# probe: entered, %s; %u results before, %u of them failures\n",
          LONG_MODE ? "EM_X86_64" : "EM_386", results, failures);

    if ( !check_image() )
        tap_end();

    ok(live, "results of the dom0 at %llx can be read",
       (unsigned long long)facts->live_maddr);

    print_offered();
    print("# nonce %llx\n", (unsigned long long)facts->nonce);
    if ( LONG_MODE && live )
        print("# %llx ticks from the trigger to the first instruction\n",
              (unsigned long long)ticks_to_entry);
    ok_eq(state[ST_IP], facts->probe_maddr + probe_head.entry,
          "address of the first instruction");

#ifdef __x86_64__
    if ( facts->flags & (FACTS_FAULT_UD | FACTS_FAULT_PF) )
    {
        struct table_reg gdtr = state_table(ST_GDTR);
        struct table_reg idtr = state_table(ST_IDTR);

        print("# faulting on purpose, %s: from here on it is the stub that "
              "speaks\n", facts->flags & FACTS_FAULT_PF ? "#PF" : "#UD");
        fault_handed_over(&gdtr, &idtr, facts->flags & FACTS_FAULT_PF);
    }
#endif

    look();
    check_segments();

    /* Memory of Xen's and of the dom0's, which a crash image maps itself. */
    mapped = live && (!(facts->flags & FACTS_CRASH) ||
                      (facts->flags & FACTS_NO_RULES));
    if ( mapped )
    {
        check_notes();
        check_areas();
    }

    if ( !(facts->flags & FACTS_NO_RULES) )
    {
        if ( LONG_MODE )
            control_maddr = check_tables();
        check_contract(control_maddr);
        map_devices();
        check_nmis();
        if ( !mapped )
        {
            check_notes();
            check_areas();
        }
        check_devices();
        check_interrupts();
    }

    look();
    check_cpus();

    tap_end();
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
