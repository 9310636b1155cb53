/* SPDX-License-Identifier: GPL-2.0-only */

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cpu.h"
#include "xen.h"
#include "heap.h"

#include <asm/machine_kexec.h>
#include <xen/crash-notes.h>
#include <xen/vmcoreinfo.h>
#include <xen/kexec.h>

static unsigned long preempt_countdown, preempt_every, checks;
static bool has_preempted;

struct continuation continuation;
struct deferred deferred;
int deferred_rc, xsm_rc;
s_time_t clock_ns;
struct serial_uart uart;
unsigned int crash_actions;
enum crash_reason crash_action_reason;
void (*at_crash_action)(void);
unsigned int restart_delay_ms;
jmp_buf way_out;
void (*after_stop)(void);
void (*at_barrier)(void);
struct work work;
unsigned int prepared, prepared_at_stop;

unsigned int nr_cpu_ids = 4, this_cpu_id;

static unsigned long lock_countdown;
static void (*lock_fn)(void);
static unsigned int locks_held;

char printed[0x4000];
static size_t printed_bytes;

char key;
bool key_is_diagnostic;
void (*key_fn)(unsigned char key);
struct notifier_block *cpu_notifier;

char xen_image[XEN_IMAGE_BYTES];
struct e820map e820;
struct efi efi;
bool cpu_has_page1gb;
l1_pgentry_t l1_fixmap_x[512];
char idle_pg_table[1];
unsigned int tainted;

/*
 * A loop that does not end uses CPU time, far more than any test: no test
 * depends on how much it is.
 */
static void out_of_time(int signal)
{
    static const char text[] = "Bail out! endless: out of CPU time\n";
    ssize_t written = write(STDOUT_FILENO, text, sizeof(text) - 1);

    _exit(written < 0 ? 2 : 1);
}

__attribute__((__constructor__))
static void limit_cpu_time(void)
{
    const char *seconds = getenv("UNIT_CPU_LIMIT");
    struct rlimit limit = { .rlim_max = RLIM_INFINITY };

    if ( !seconds )
        return;

    limit.rlim_cur = strtoul(seconds, NULL, 10);
    signal(SIGXCPU, out_of_time);
    setrlimit(RLIMIT_CPU, &limit);
}

void xen_reset(void)
{
    cpu_reset(X86_VENDOR_INTEL, 6);
    cpu_stays = false;
    preempt_at(0, 0);
    at_lock(0, NULL);
    locks_held = 0;
    continuation = (struct continuation){};
    deferred = (struct deferred){};
    deferred_rc = xsm_rc = 0;
    after_stop = at_barrier = at_crash_action = NULL;
    prepared = prepared_at_stop = 0;
    this_cpu_id = 0;
    clock_ns = 0;
    uart = (struct serial_uart){};
    crash_actions = 0;
    printed[0] = 0;
    printed_bytes = 0;
}

/*
 * CPUs and locks
 */

static void other_cpu(void)
{
    void (*fn)(void) = lock_fn;

    if ( locks_held || !lock_countdown || --lock_countdown )
        return;

    lock_fn = NULL;
    fn();
}

void at_lock(unsigned long nth, void (*fn)(void))
{
    lock_countdown = nth;
    lock_fn = fn;
}

void spin_lock(spinlock_t *lock)
{
    other_cpu();
    assert(!lock->held);
    lock->held = true;
    locks_held++;
}

void spin_unlock(spinlock_t *lock)
{
    assert(lock->held);
    lock->held = false;
    locks_held--;
    other_cpu();
}

void shadow_barrier(void)
{
    if ( at_barrier )
        at_barrier();
}

unsigned int smp_processor_id(void)
{
    return this_cpu_id;
}

void preempt_at(unsigned long nth, unsigned long every)
{
    preempt_countdown = nth;
    preempt_every = every;
    has_preempted = false;
    checks = 0;
}

bool preempted(void)
{
    return has_preempted;
}

bool hypercall_preempt_check(void)
{
    assert(!locks_held);
    checks++;
    if ( !preempt_countdown || --preempt_countdown )
        return false;

    preempt_countdown = preempt_every;
    has_preempted = true;

    return true;
}

unsigned long hypercall_create_continuation(unsigned int op,
                                            const char *format, ...)
{
    va_list args;

    assert(!locks_held);
    assert(op == __HYPERVISOR_kexec_op && !strcmp(format, "lh"));

    va_start(args, format);
    continuation.op = va_arg(args, unsigned long);
    continuation.arg = va_arg(args, XEN_GUEST_HANDLE_PARAM(void)).p;
    va_end(args);

    return CONTINUATION;
}

long continue_hypercall_on_cpu(unsigned int cpu, long (*fn)(void *data),
                               void *data)
{
    assert(!locks_held);
    if ( !deferred_rc )
        deferred = (struct deferred){ cpu, fn, data };

    return deferred_rc;
}

void register_cpu_notifier(struct notifier_block *nb)
{
    cpu_notifier = nb;
}

/*
 * Ways out
 */

bool opt_noreboot;

bool local_irq_is_enabled(void)
{
    return false;
}

void local_irq_disable(void)
{
    prepared |= IRQS_ARE_OFF;
}

void machine_restart(unsigned int delay_ms)
{
    restart_delay_ms = delay_ms;
    longjmp(way_out, RESET);
}

void machine_halt(void)
{
    longjmp(way_out, HALTED);
}

void machine_crash_stop(void)
{
    longjmp(way_out, STOPPED);
}

static void stop_others(void)
{
    prepared_at_stop = prepared | (kexecing ? KEXECING : 0);
}

void machine_reboot_shutdown(const struct machine_kexec *machine)
{
    stop_others();
    longjmp(way_out, REBOOTED);
}

void machine_crash_shutdown(void)
{
    stop_others();
    if ( after_stop )
        after_stop();
}

void keyhandler_crash_action(enum crash_reason reason)
{
    crash_actions++;
    crash_action_reason = reason;
    if ( at_crash_action )
        at_crash_action();
}

void watchdog_disable(void)
{
    prepared |= WATCHDOG_IS_OFF;
}

void watchdog_enable(void)
{
    prepared &= ~WATCHDOG_IS_OFF;
}

void console_start_sync(void)
{
    prepared |= CONSOLE_IS_SYNC;
}

void spin_debug_disable(void)
{
    prepared |= LOCKS_ARE_UNCHECKED;
}

void acpi_dmar_reinstate(void)
{
    prepared |= DMAR_IS_BACK;
}

/*
 * Messages and keys
 */

void printk(const char *format, ...)
{
    va_list args;
    int bytes;

    assert(!locks_held);

    if ( printed_bytes > sizeof(printed) / 2 )
        printed_bytes = 0;

    va_start(args, format);
    bytes = vsnprintf(printed + printed_bytes,
                      sizeof(printed) - printed_bytes, format, args);
    va_end(args);

    assert(bytes >= 0);
    printed_bytes += min_t(size_t, bytes, sizeof(printed) / 4);
}

bool was_printed(const char *text)
{
    return strstr(printed, text);
}

void register_keyhandler(unsigned char k, void (*fn)(unsigned char key),
                         const char *what, bool diagnostic)
{
    key = k;
    key_is_diagnostic = diagnostic;
    key_fn = fn;
}

s_time_t shadow_now(void)
{
    return clock_ns += 1000;
}

/* A word of an option ends like the option, or at a separator. */
int cmdline_strcmp(const char *frag, const char *name)
{
    size_t len = strcspn(frag, ",:;=");

    if ( strchr(name, '=') )
        len = strcspn(frag, ",:;");

    return len != strlen(name) || strncmp(frag, name, len);
}

int xsm_kexec(int privilege)
{
    assert(privilege == XSM_PRIV);

    return xsm_rc;
}

/*
 * Odds and ends of the platform
 */

/* Xen's leaves what it was given as it was if there is none. */
bool console_uart(struct serial_uart *of)
{
    if ( !uart.base )
        return false;

    *of = uart;

    return true;
}

/* A configuration table if there is a system table, of 10 entries. */
int efi_get_info(uint32_t index, union xenpf_efi_info *info)
{
    assert(index == XEN_FW_EFI_CONFIG_TABLE);
    if ( !efi.system )
        return -ENODEV;

    info->cfg.addr = efi.system + 0x10f00;
    info->cfg.nent = 10;

    return 0;
}

/* Notes are at multiples of 4. */
void elf_core_save_regs(ELF_Gregset *regs, crash_xen_core_t *core)
{
    static const ELF_Gregset own = { .r15 = 15, .rip = 16, .rsp = 19 };
    static const crash_xen_core_t control = { .cr0 = 100, .cr2 = 102,
                                              .cr3 = 103, .cr4 = 104 };

    memcpy((void *)regs, &own, sizeof(own));
    memcpy((void *)core, &control, sizeof(control));
}

void arch_crash_user_regs(ELF_Gregset *note, const struct cpu_user_regs *regs)
{
    memcpy((void *)note, &regs->r15, sizeof(regs->r15));
}

void arch_crash_xen_info(crash_xen_info_t *info)
{
    const unsigned long start = 0x1234;

    memcpy((char *)info + offsetof(crash_xen_info_t, xen_phys_start), &start,
           sizeof(start));
}

void arch_vmcoreinfo(void)
{
    vmcoreinfo_append("ARCH=%s\n", "host");
}

void console_vmcoreinfo(void)
{
    vmcoreinfo_append("CONSOLE=%s\n", "host");
}

void symbols_vmcoreinfo(void)
{
    vmcoreinfo_append("SYMBOLS=%s\n", "host");
}

/* The linker's. */
char _stext[1], _etext[1];

static const uint8_t build_id[] = { 0x12, 0x34 };
const void *xen_build_id = build_id;
unsigned int xen_build_id_len = sizeof(build_id);

unsigned int xen_major_version(void)
{
    return 4;
}

unsigned int xen_minor_version(void)
{
    return 20;
}

#define STRING(name)                                                    \
    const char *name(void)                                              \
    {                                                                   \
        return #name;                                                   \
    }
STRING(xen_extra_version)
STRING(xen_changeset)
STRING(xen_compiler)
STRING(xen_compile_date)
STRING(xen_compile_time)

/*
 * Not SHA-2, which took half of a random image's time.  Each step can be
 * undone, so one that is other than it was, be it by a bit, always shows; how
 * the bytes are divided among updates does not.
 */
static uint64_t hash_word(uint64_t hash, const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    word = (hash ^ word) * 0x9e3779b97f4a7c15;

    return word ^ (word >> 32);
}

void sha2_256_init(struct sha2_256_state *sha)
{
    *sha = (struct sha2_256_state){ .hash = 0xcbf29ce484222325 };
}

void sha2_256_update(struct sha2_256_state *sha, const void *bytes, size_t nr)
{
    const uint8_t *p = bytes, *end = p + nr;
    uint64_t hash = sha->hash;

    work.hashed += nr;
    while ( p < end )
    {
        for ( ; !sha->nr_rest && end - p >= 8; p += 8 )
            hash = hash_word(hash, p);
        if ( p == end )
            break;

        sha->rest[sha->nr_rest++] = *p++;
        if ( sha->nr_rest == 8 )
        {
            hash = hash_word(hash, sha->rest);
            sha->nr_rest = 0;
        }
    }

    sha->hash = hash;
}

void sha2_256_final(struct sha2_256_state *sha, uint8_t digest[32])
{
    unsigned int i;

    memset(&sha->rest[sha->nr_rest], 0, 8 - sha->nr_rest);
    for ( i = 0; i < 32; i += 8 )
    {
        sha->hash = hash_word(sha->hash, sha->rest);
        memcpy(digest + i, &sha->hash, sizeof(sha->hash));
    }
}

/* A heap sort would be shorter to run; this is shorter to see through. */
void sort(void *base, size_t nr, size_t size,
          int (*cmp)(const void *a, const void *b),
          void (*swap)(void *a, void *b))
{
    size_t gap, i, j;
    char *a = base;

    for ( gap = nr / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11 )
        for ( i = gap; i < nr; i++ )
            for ( j = i; j >= gap && cmp(a + (j - gap) * size,
                                         a + j * size) > 0; j -= gap )
                swap(a + (j - gap) * size, a + j * size);
}

/* A number in the base that its prefix says, then a unit, or else KiB. */
unsigned long long parse_size_and_unit(const char *s, const char **end)
{
    static const char units[] = "bkmgt";
    bool digit = *s >= '0' && *s <= '9';
    unsigned long long n = digit ? strtoull(s, (char **)end, 0) : 0;
    const char *unit;

    if ( !digit )
        *end = s;

    unit = **end ? strchr(units, **end | 0x20) : NULL;
    if ( !unit )
        return n << 10;
    ++*end;

    return n << (10 * (unit - units));
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
