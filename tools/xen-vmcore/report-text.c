/* SPDX-License-Identifier: GPL-2.0-only */
/* The report for people. */

#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "xensyms.h"

/* What a terminal could take for a command is shown, not sent. */
static void print_safely(const char *s, size_t bytes, FILE *out)
{
    size_t i;

    for ( i = 0; i < bytes; i++ )
    {
        unsigned char c = s[i];

        if ( c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f) )
            fputc(c, out);
        else if ( c != '\r' )
            fprintf(out, "\\x%02x", c);
    }
}

static void print_log(const char *title, const struct text *log,
                      unsigned int last, FILE *out)
{
    const char *text = text_get(log);
    size_t start = log->used;
    unsigned int lines = 0;

    /* The end of the last line counts for none. */
    while ( last && start )
    {
        if ( text[start - 1] == '\n' && start < log->used &&
             ++lines == last )
            break;
        start--;
    }
    if ( !last )
        start = 0;

    fprintf(out, "\n%s%s\n", title, start ? " (the end of it)" : "");
    print_safely(text + start, log->used - start, out);
    if ( log->used && text[log->used - 1] != '\n' )
        fputc('\n', out);
}

static void print_place(const struct report *report,
                        const struct frame *frame, FILE *out)
{
    /* The call, not what follows it. */
    bool is_return = frame->kind == FRAME_CALLER;
    uint64_t into;
    const char *name = names_find(report->names, frame->rip - is_return,
                                  &into);
    const char *file;
    int line;

    fprintf(out, "%c %016" PRIx64, frame->guess ? '?' : ' ', frame->rip);
    if ( frame->kind == FRAME_GUEST )
        fputs(" in the guest", out);
    if ( !name || frame->kind == FRAME_GUEST )
        return;

    fputc(' ', out);
    print_safely(name, strlen(name), out);
    fprintf(out, "+%#" PRIx64, into + is_return);
    file = xensyms_line(report->dump->xensyms, frame->rip - is_return, &line);
    if ( file )
    {
        fputs("  ", out);
        print_safely(file, strlen(file), out);
        fprintf(out, ":%d", line);
    }
}

static void print_frame(const struct report *report, const struct frame *frame,
                        bool is_first, FILE *out)
{
    const char *exception = report_exception(frame->vector);

    if ( frame->kind != FRAME_CALLER && !is_first )
    {
        if ( exception )
            fprintf(out, "      -- %s --\n", exception);
        else if ( frame->kind == FRAME_GUEST )
            fprintf(out, "      -- entered --\n");
        else
            fprintf(out, "      -- interrupt, vector %#x --\n",
                    frame->vector);
    }
    fputs("    ", out);
    print_place(report, frame, out);
    fputc('\n', out);
}

static void print_registers(const struct cpu *cpu, FILE *out)
{
    static const enum reg order[] = {
        REG_RIP, REG_RSP, REG_RBP, REG_RAX, REG_RBX, REG_RCX, REG_RDX,
        REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13,
        REG_R14, REG_R15,
    };
    const size_t nr = sizeof(order) / sizeof(*order);
    size_t i;

    for ( i = 0; i < nr; i++ )
        fprintf(out, "%s%3s %016" PRIx64 "%s", i % 3 ? "  " : "    ",
                reg_names[order[i]], cpu->regs[order[i]],
                i % 3 == 2 ? "\n" : "");
    fprintf(out, "  efl %016" PRIx64 "\n", cpu->rflags);
    fprintf(out, "     cs %04" PRIx64 "  ss %04" PRIx64, cpu->cs, cpu->ss);
    if ( cpu->has_control )
        fprintf(out, "  cr0 %" PRIx64 "  cr2 %" PRIx64 "  cr3 %" PRIx64
                     "  cr4 %" PRIx64, cpu->cr0, cpu->cr2, cpu->cr3,
                cpu->cr4);
    fputc('\n', out);
}

static void print_current(const struct stack *stack, FILE *out)
{
    if ( !stack->has_current )
        return;
    if ( stack->domain == DOMID_IDLE )
        fprintf(out, ", idle");
    else
        fprintf(out, ", for domain %u, vCPU %u", stack->domain, stack->vcpu);
}

static void print_cpu(const struct report *report, size_t cpu, FILE *out)
{
    const struct cpu *regs = &report->dump->notes.cpus[cpu];
    const struct stack *stack = &report->stacks[cpu];
    size_t i;

    fprintf(out, "\nCPU %zu%s", cpu,
            report->has_crashing_cpu && report->crashing_cpu == cpu
            ? ", which crashed" : "");
    if ( !cpu_has_registers(regs) )
    {
        fprintf(out, ": no registers (it was off, or did not answer)\n");
        return;
    }
    print_current(stack, out);
    fputc('\n', out);
    print_registers(regs, out);

    fprintf(out, "  Stack:\n");
    for ( i = 0; i < stack->nr; i++ )
        print_frame(report, &stack->frames[i], !i, out);
    if ( stack->guessed )
        fprintf(out, "    ?: a guess, by its looks\n");
}

/* The lines behind a title. */
static void print_lines(const char *title, const struct text *lines, FILE *out)
{
    const char *line = text_get(lines);
    size_t bytes;

    for ( ; *line; line += bytes + !!line[bytes] )
    {
        bytes = strcspn(line, "\n");
        fprintf(out, "  %-10s ", line == lines->s ? title : "");
        print_safely(line, bytes, out);
        fputc('\n', out);
    }
}

static void print_crash(const struct report *report, FILE *out)
{
    fprintf(out, "Crash\n");
    if ( !report->reason.used )
        fprintf(out, "  Reason:    not found in the console ring\n");
    print_lines("Reason:", &report->reason, out);
    print_lines("dom0:", &report->dom0_reason, out);

    if ( !report->has_crashing_cpu )
        return;
    fprintf(out, "  CPU:       %u\n", report->crashing_cpu);
    if ( report->where )
    {
        fprintf(out, "  Where:   ");
        print_place(report, report->where, out);
        fputc('\n', out);
    }
}

static void print_domains(const struct report *report, FILE *out)
{
    static const char *const dying[] = { "", ", dying", ", dead" };
    size_t i;

    fprintf(out, "\nDomains: %zu\n", report->domains.nr);
    for ( i = 0; i < report->domains.nr; i++ )
    {
        const struct domain *d = &report->domains.list[i];

        fprintf(out, "  domain %u", d->id);
        if ( d->has_details )
        {
            fprintf(out, ": %u vCPU(s) of %u, %" PRIu64 " KiB%s", d->nr_vcpus,
                    d->max_vcpus, (uint64_t)d->pages * 4,
                    d->dying < 3 ? dying[d->dying] : "");
            if ( d->shut_down )
                fprintf(out, ", shut down with code %u", d->shutdown_code);
        }
        fputc('\n', out);
    }
}

static void print_identity(const struct report *report, FILE *out)
{
    const struct dump *dump = report->dump;
    const struct {
        const char *name;
        const struct text *text;
    } lines[] = {
        { "Xen", &report->version },
        { "Changeset", &report->changeset },
        { "Compiler", &report->compiler },
        { "Build id", &report->build_id },
    };
    size_t i;

    for ( i = 0; i < sizeof(lines) / sizeof(*lines); i++ )
        if ( lines[i].text->used )
        {
            fprintf(out, "%-13s", lines[i].name);
            print_safely(lines[i].text->s, lines[i].text->used, out);
            fputc('\n', out);
        }
    fprintf(out, "%-13s%" PRIu64 " MiB of memory, %zu CPU(s)\n", "Dump",
            vmcore_bytes(dump->vmcore) >> 20, dump->notes.nr_cpus);
    if ( dump->notes.xen_info.tainted )
        fprintf(out, "%-13s%#" PRIx64 "\n", "Tainted",
                dump->notes.xen_info.tainted);
    fputc('\n', out);
}

void report_print_text(const struct report *report, unsigned int last,
                       FILE *out)
{
    size_t cpu;

    print_identity(report, out);
    print_crash(report, out);
    for ( cpu = 0; cpu < report->dump->notes.nr_cpus; cpu++ )
        print_cpu(report, cpu, out);
    print_domains(report, out);
    if ( report->console.used )
        print_log("Xen's console", &report->console, last, out);

    if ( report->no_dom0_log.used )
        fprintf(out, "\ndom0's log: none: %s\n", report->no_dom0_log.s);
    else
        print_log("dom0's log", &report->dom0_log, last, out);

    if ( report->dump->problems.used )
    {
        fprintf(out, "\nWhat this report lacks\n");
        print_safely(report->dump->problems.s, report->dump->problems.used,
                     out);
    }
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
