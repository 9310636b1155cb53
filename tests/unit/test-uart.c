/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the stub writes to a UART in memory: its own instructions, in a copy of
 * it, on pages of this process.
 *
 * Attacked: registers at any distance and of either width, a transmitter that
 * gets ready late, in part or never, registers that cannot be accessed.
 *
 * Must hold: no access is wider or narrower than the UART wants it, or
 * elsewhere; nothing is written before the transmitter is ready; nothing is
 * accessed again when it does not get ready, or when an access has faulted.
 *
 * An I/O port is out of a process's reach: guest-fault-* has those.
 */

#define _GNU_SOURCE             /* REG_EFL */

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "unit.h"

#include <asm/kexec_stub.h>

#define NOISE       0x96
#define READY       0x20
#define BOTH        0x60
#define TRAP_FLAG   0x100

/* The shipped stub, and a symbol that the Makefile makes global. */
extern const char kexec_reloc[], kexec_reloc_end[], kexec_stub_args[];
extern const char print_text[];

/* Two pages, of which a test may make either inaccessible; the copy. */
static uint8_t *pages, *stub;
static struct kexec_stub_args *args;

static uint8_t *map(size_t bytes, int prot)
{
    uint8_t *p = mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(p, MAP_FAILED);

    return p;
}

static int make_stub(void **state)
{
    pages = map(2 * PAGE_SIZE, PROT_READ | PROT_WRITE);
    stub = map(PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC);
    memcpy(stub, kexec_reloc, kexec_reloc_end - kexec_reloc);
    args = (void *)(stub + (kexec_stub_args - kexec_reloc));

    return 0;
}

/* A UART at @base with its LSR @lsr bytes on, amid noise. */
static void make_uart(uint8_t *base, unsigned int lsr, unsigned int width,
                      uint8_t ready)
{
    assert_int_equal(mprotect(pages, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE),
                     0);
    memset(pages, NOISE, 2 * PAGE_SIZE);
    args->uart_base = (uint64_t)base;
    args->uart_lsr = lsr;
    args->uart_width = width;
    args->uart_ready = ready;
}

static sigjmp_buf at_fault;
static void *fault_address;

static void on_segv(int signal, siginfo_t *info, void *context)
{
    fault_address = info->si_addr;
    siglongjmp(at_fault, 1);
}

/* False if an access faulted; fault_address says where. */
static bool print(const char *text)
{
    void (*code)(void *rdi, const char *rsi) =
        (void *)(stub + (print_text - kexec_reloc));
    struct sigaction action = { .sa_sigaction = on_segv,
                                .sa_flags = SA_SIGINFO }, old;
    bool good = false;

    assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
    if ( !sigsetjmp(at_fault, 1) )
    {
        code(NULL, text);
        good = true;
    }
    sigaction(SIGSEGV, &old, NULL);

    return good;
}

/* The bytes of both pages that are not noise any more, except @lsr's. */
static unsigned int written(const uint8_t *lsr)
{
    unsigned int i, nr = 0;

    for ( i = 0; i < 2 * PAGE_SIZE; i++ )
        nr += pages[i] != NOISE && &pages[i] != lsr;

    return nr;
}

static void characters_are_written_with_the_width_of_registers(void **s)
{
    unsigned int shift;

    for ( shift = 0; shift <= 8; shift++ )
    {
        uint8_t *base = pages + 0x108, *lsr = base + (5 << shift);

        make_uart(base, lsr - base, 1, READY);
        *lsr = READY;
        assert_true(print("\xc3"));
        assert_int_equal(*base, 0xc3);
        assert_int_equal(written(lsr), 1);

        make_uart(base, lsr - base, 4, READY);
        *lsr = READY;
        assert_true(print("\xc3"));
        assert_int_equal(*(uint32_t *)base, 0xc3);
        assert_int_equal(written(lsr), 4);

        /* The UART stays in use. */
        assert_int_equal(args->uart_base, (uint64_t)base);
        assert_true(print("abc"));
        assert_int_equal(*(uint32_t *)base, 'c');
    }
}

/* An LSR of which only so many bytes are there, at the end of a page. */
static void its_status_is_read_with_that_width(void **state)
{
    static const unsigned int widths[] = { 1, 4 };
    unsigned int i, there;

    for ( i = 0; i < ARRAY_SIZE(widths); i++ )
        for ( there = 1; there <= 4; there++ )
        {
            uint8_t *lsr = pages + PAGE_SIZE - there;

            make_uart(lsr - 20, 20, widths[i], READY);
            *lsr = READY;
            mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
            assert_int_equal(print("x"), there >= widths[i]);
            if ( there < widths[i] )
                assert_ptr_equal(fault_address, pages + PAGE_SIZE);
            mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_READ);
            assert_int_equal(written(lsr),
                             there >= widths[i] ? widths[i] : 0);
        }
}

static void a_uart_that_never_gets_ready_is_given_up(void **state)
{
    static const uint8_t not_ready[] = { 0, 0x20, 0x40, 0x9f, 0xbf, 0xdf };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(not_ready); i++ )
    {
        uint8_t *base = pages + 0x3f8, *lsr = base + 5;

        make_uart(base, 5, 1, BOTH);
        *lsr = not_ready[i];
        assert_true(print("x"));
        assert_int_equal(written(lsr), 0);

        /* Not even looked at again. */
        mprotect(pages, 2 * PAGE_SIZE, PROT_NONE);
        assert_true(print("yz"));
    }
}

static unsigned int steps;
static uint8_t *waiting_for, *not_yet;

/* After each instruction. */
static void on_trap(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    if ( *not_yet != NOISE )
        fail_msg("written after %u steps", steps);
    if ( ++steps < 10000 )
        return;

    *waiting_for = READY;
    uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static void the_stub_waits_until_the_transmitter_is_ready(void **state)
{
    struct sigaction action = { .sa_sigaction = on_trap,
                                .sa_flags = SA_SIGINFO }, old;
    uint8_t *base = pages + 0x2f8;
    bool good;

    make_uart(base, 5, 1, READY);
    not_yet = base;
    waiting_for = base + 5;
    *waiting_for = 0;
    steps = 0;

    assert_int_equal(sigaction(SIGTRAP, &action, &old), 0);
    asm volatile ( "pushfq; orl %0, (%%rsp); popfq"
                   :: "i" (TRAP_FLAG) : "memory", "cc" );
    good = print("x");
    asm volatile ( "pushfq; andl %0, (%%rsp); popfq"
                   :: "i" (~TRAP_FLAG) : "memory", "cc" );
    sigaction(SIGTRAP, &old, NULL);

    assert_true(good);
    assert_true(steps >= 10000);
    assert_int_equal(*base, 'x');
}

/* Its handler prints, too. */
static void a_fault_of_an_access_does_not_lead_to_another(void **state)
{
    unsigned int lsr_faults;

    for ( lsr_faults = 0; lsr_faults <= 1; lsr_faults++ )
    {
        make_uart(pages, PAGE_SIZE, 4, READY);
        pages[PAGE_SIZE] = READY;
        mprotect(pages + lsr_faults * PAGE_SIZE, PAGE_SIZE, PROT_NONE);
        assert_false(print("x"));
        assert_ptr_equal(fault_address, pages + lsr_faults * PAGE_SIZE);
        assert_true(print("yz"));
    }
}

static void without_a_uart_nothing_is_accessed(void **state)
{
    make_uart(NULL, 0, 1, READY);
    assert_true(print("x"));
    assert_int_equal(written(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_written_with_the_width_of_registers),
        cmocka_unit_test(its_status_is_read_with_that_width),
        cmocka_unit_test(a_uart_that_never_gets_ready_is_given_up),
        cmocka_unit_test(the_stub_waits_until_the_transmitter_is_ready),
        cmocka_unit_test(a_fault_of_an_access_does_not_lead_to_another),
        cmocka_unit_test(without_a_uart_nothing_is_accessed),
    };

    return cmocka_run_group_tests_name("uart", tests, make_stub, NULL);
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
