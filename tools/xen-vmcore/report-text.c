/* SPDX-License-Identifier: GPL-2.0-only */
/* The report for people. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report-text.h"

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

static void print_name(const char *name, uint64_t into, FILE *out)
{
    fputc(' ', out);
    print_safely(name, strlen(name), out);
    fprintf(out, "+%#" PRIx64, into);
}

static void print_line(const struct names *names, uint64_t va, FILE *out)
{
    int line;
    const char *file = names_line(names, va, &line);

    if ( !file )
        return;
    fputs("  ", out);
    print_safely(file, strlen(file), out);
    fprintf(out, ":%d", line);
}

static void print_place(const struct report *report,
                        const struct frame *frame, FILE *out)
{
    /* The call, not what follows it. */
    bool is_return = frame->kind == FRAME_CALLER;
    uint64_t va = frame->rip - is_return, into;
    const struct payload *payload = payloads_find(&report->payloads, va);
    const char *name = report_function(report, va, &into);

    fprintf(out, "%c %016" PRIx64, frame->guess ? '?' : ' ', frame->rip);
    if ( frame->kind == FRAME_GUEST )
        fputs(" in the guest", out);
    if ( !name || frame->kind == FRAME_GUEST )
        return;

    print_name(name, into + is_return, out);
    if ( payload )
    {
        fputs("  [", out);
        print_safely(text_get(&payload->name), payload->name.used, out);
        fputc(']', out);
    }
    else
        print_line(report->names, va, out);
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

void report_text_words(const struct report *report, size_t cpu, FILE *out)
{
    uint64_t *words, start, into;
    const char *name;
    size_t nr, i;

    start = stack_words(report->dump, &report->stacks[cpu], &words, &nr);
    fprintf(out, "  Words on the stack of CPU %zu: %zu\n", cpu, nr);
    for ( i = 0; i < nr; i++ )
    {
        fprintf(out, "    %016" PRIx64 ": %016" PRIx64, start + 8 * i,
                words[i]);
        if ( dump_is_text(report->dump, words[i]) &&
             (name = report_function(report, words[i], &into)) )
            print_name(name, into, out);
        fputc('\n', out);
    }
    free(words);
}

void report_text_cpu(const struct report *report, size_t cpu, FILE *out)
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
    if ( report->stack_words )
        report_text_words(report, cpu, out);
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

static void print_vcpu_state(const struct vcpu *vcpu, FILE *out)
{
    unsigned int bit;

    fprintf(out, "    vCPU %u", vcpu->id);
    if ( vcpu->has_state )
    {
        fprintf(out, ": %s, CPU %u", vcpu_runstate_name(vcpu->runstate),
                vcpu->processor);
        if ( vcpu->pause_count )
            fprintf(out, ", paused %u time(s)", vcpu->pause_count);
        for ( bit = 0; bit < 64; bit++ )
            if ( (vcpu->pause_flags >> bit) & 1 )
                fprintf(out, "%s%s", vcpu_pause_flag(bit) ? ", " : "",
                        vcpu_pause_flag(bit) ? vcpu_pause_flag(bit) : "");
    }
    fputc('\n', out);
}

static void print_dom0_frame(const struct report *report,
                             const struct frame *frame, FILE *out)
{
    bool is_return = frame->kind == FRAME_CALLER;
    uint64_t into;
    const char *name = names_find(report->dom0_names, frame->rip - is_return,
                                  &into);

    fprintf(out, "      %c %016" PRIx64, frame->guess ? '?' : ' ',
            frame->rip);
    if ( name )
    {
        print_name(name, into + is_return, out);
        print_line(report->dom0_names, frame->rip - is_return, out);
    }
    fputc('\n', out);
}

static void print_vcpu(const struct report *report, const struct vcpu *vcpu,
                       bool full, FILE *out)
{
    size_t i;

    print_vcpu_state(vcpu, out);
    if ( full && vcpu->has_regs )
        print_registers(&vcpu->regs, out);
    else if ( vcpu->has_regs )
        fprintf(out, "        rip %016" PRIx64 "  rsp %016" PRIx64 "\n",
                vcpu->regs.regs[REG_RIP], vcpu->regs.regs[REG_RSP]);
    for ( i = 0; i < vcpu->stack.nr; i++ )
        print_dom0_frame(report, &vcpu->stack.frames[i], out);
}

void report_text_domain(const struct report *report, const struct domain *d,
                        bool full, FILE *out)
{
    static const char *const dying[] = { "", ", dying", ", dead" };
    char uuid[37];
    size_t i;

    fprintf(out, "  domain %u", d->id);
    if ( d->has_details )
    {
        fprintf(out, ": %u vCPU(s) of %u, %" PRIu64 " KiB%s", d->nr_vcpus,
                d->max_vcpus, (uint64_t)d->pages * 4,
                d->dying < 3 ? dying[d->dying] : "");
        if ( d->shut_down )
            fprintf(out, ", shut down with code %u", d->shutdown_code);
    }
    if ( d->has_mode )
        fprintf(out, ", %s", d->is_hvm ? "HVM or PVH" : "PV");
    if ( d->pause_count )
        fprintf(out, ", paused %u time(s)", d->pause_count);
    fputc('\n', out);

    if ( d->name.used )
    {
        fputs("    name ", out);
        print_safely(d->name.s, d->name.used, out);
        fputc('\n', out);
    }
    if ( d->has_uuid )
    {
        domain_uuid(d, uuid);
        fprintf(out, "    UUID %s\n", uuid);
    }
    for ( i = 0; i < d->vcpus.nr; i++ )
        print_vcpu(report, &d->vcpus.list[i], full, out);
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
        { "Command line", &report->cmdline },
    };
    size_t i;

    for ( i = 0; i < sizeof(lines) / sizeof(*lines); i++ )
        if ( lines[i].text->used )
        {
            fprintf(out, "%-14s", lines[i].name);
            print_safely(lines[i].text->s, lines[i].text->used, out);
            fputc('\n', out);
        }
    fprintf(out, "%-14s%" PRIu64 " MiB of memory, %zu CPU(s)\n", "Dump",
            vmcore_bytes(dump->vmcore) >> 20, dump->notes.nr_cpus);
    if ( dump->notes.xen_info.tainted )
        fprintf(out, "%-14s%#" PRIx64 "\n", "Tainted",
                dump->notes.xen_info.tainted);
    fputc('\n', out);
}

static void print_payloads(const struct report *report, FILE *out)
{
    size_t i;

    if ( report->payloads.nr )
        fputs("\nLivepatches\n", out);
    for ( i = 0; i < report->payloads.nr; i++ )
    {
        const struct payload *payload = &report->payloads.list[i];

        fputs("  ", out);
        print_safely(text_get(&payload->name), payload->name.used, out);
        fprintf(out, ": %s, text %016" PRIx64 " to %016" PRIx64 "\n",
                payload_state(payload->state), payload->text,
                payload->text + payload->text_bytes);
    }
}

void report_text_console(const struct report *report, unsigned int last,
                         FILE *out)
{
    if ( report->console.used )
        print_log("Xen's console", &report->console, last, out);
}

void report_text_dom0_log(const struct report *report, unsigned int last,
                          FILE *out)
{
    if ( report->no_dom0_log.used )
        fprintf(out, "\ndom0's log: none: %s\n", report->no_dom0_log.s);
    else
        print_log("dom0's log", &report->dom0_log, last, out);
}

void report_text_problems(const struct report *report, FILE *out)
{
    if ( !report->dump->problems.used )
        return;
    fprintf(out, "\nWhat this report lacks\n");
    print_safely(report->dump->problems.s, report->dump->problems.used, out);
}

void report_text_xen(const struct report *report, FILE *out)
{
    size_t cpu;

    print_identity(report, out);
    print_crash(report, out);
    print_payloads(report, out);
    for ( cpu = 0; cpu < report->dump->notes.nr_cpus; cpu++ )
        report_text_cpu(report, cpu, out);
}

void report_print_text(const struct report *report, unsigned int last,
                       FILE *out)
{
    size_t i;

    report_text_xen(report, out);
    fprintf(out, "\nDomains: %zu\n", report->domains.nr);
    for ( i = 0; i < report->domains.nr; i++ )
        report_text_domain(report, &report->domains.list[i], false, out);
    report_text_console(report, last, out);
    report_text_dom0_log(report, last, out);
    report_text_problems(report, out);
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
