/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report for programs.  Addresses and registers are strings, for JSON's
 * numbers need not have 64 bits.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static void print_string(const char *s, size_t bytes, FILE *out)
{
    size_t i;

    fputc('"', out);
    for ( i = 0; i < bytes; i++ )
    {
        unsigned char c = s[i];

        if ( c == '"' || c == '\\' )
            fprintf(out, "\\%c", c);
        else if ( c == '\n' )
            fputs("\\n", out);
        else if ( c >= ' ' && c < 0x7f )
            fputc(c, out);
        else
            fprintf(out, "\\u%04x", c);
    }
    fputc('"', out);
}

static void print_text_member(const char *name, const struct text *text,
                              FILE *out)
{
    fprintf(out, ",\n\"%s\": ", name);
    if ( text->used )
        print_string(text->s, text->used, out);
    else
        fputs("null", out);
}

/* An array of the lines. */
static void print_lines_member(const char *name, const struct text *text,
                               FILE *out)
{
    const char *line = text_get(text);
    const char *separator = "";

    fprintf(out, ",\n\"%s\": [", name);
    while ( *line )
    {
        size_t bytes = strcspn(line, "\n");

        fprintf(out, "%s\n  ", separator);
        print_string(line, bytes, out);
        separator = ",";
        line += bytes + !!line[bytes];
    }
    fputs("]", out);
}

static void print_registers(const struct cpu *cpu, FILE *out)
{
    unsigned int reg;

    fputs("{", out);
    for ( reg = 0; reg < NR_REGS; reg++ )
        fprintf(out, "\"%s\": \"%#" PRIx64 "\", ", reg_names[reg],
                cpu->regs[reg]);
    fprintf(out, "\"rflags\": \"%#" PRIx64 "\", \"cs\": \"%#" PRIx64
                 "\", \"ss\": \"%#" PRIx64 "\"", cpu->rflags, cpu->cs,
            cpu->ss);
    if ( cpu->has_control )
        fprintf(out, ", \"cr0\": \"%#" PRIx64 "\", \"cr2\": \"%#" PRIx64
                     "\", \"cr3\": \"%#" PRIx64 "\", \"cr4\": \"%#"
                     PRIx64 "\"", cpu->cr0, cpu->cr2, cpu->cr3, cpu->cr4);
    fputs("}", out);
}

/* @is_dom0: of dom0's kernel, not of Xen. */
static void print_frame(const struct report *report, const struct frame *frame,
                        bool is_dom0, FILE *out)
{
    static const char *const kinds[] = {
        [FRAME_REGISTERS] = "registers", [FRAME_CALLER] = "caller",
        [FRAME_GUEST] = "guest",
    };
    bool is_return = frame->kind == FRAME_CALLER;
    uint64_t into;
    const char *name = NULL, *file = NULL;
    int line;

    if ( frame->kind != FRAME_GUEST )
    {
        uint64_t va = frame->rip - is_return;

        name = is_dom0 ? names_find(report->dom0_names, va, &into)
                       : report_function(report, va, &into);
        file = names_line(is_dom0 ? report->dom0_names : report->names, va,
                          &line);
    }

    fprintf(out, "{\"kind\": \"%s\", \"guess\": %s, \"rip\": \"%#" PRIx64
                 "\", \"rsp\": \"%#" PRIx64 "\"", kinds[frame->kind],
            frame->guess ? "true" : "false", frame->rip, frame->rsp);
    if ( frame->kind == FRAME_REGISTERS && frame->vector )
        fprintf(out, ", \"vector\": %u", frame->vector);
    if ( name )
    {
        fputs(", \"function\": ", out);
        print_string(name, strlen(name), out);
        fprintf(out, ", \"offset\": %" PRIu64, into + is_return);
    }
    if ( file )
    {
        fputs(", \"file\": ", out);
        print_string(file, strlen(file), out);
        fprintf(out, ", \"line\": %d", line);
    }
    fputc('}', out);
}

static void print_stack(const struct report *report,
                        const struct stack *stack, bool is_dom0, FILE *out)
{
    size_t i;

    fputs("\"stack\": [", out);
    for ( i = 0; i < stack->nr; i++ )
    {
        fputs(i ? ",\n     " : "\n     ", out);
        print_frame(report, &stack->frames[i], is_dom0, out);
    }
    fputs("]", out);
}

static void print_words(const struct report *report,
                        const struct stack *stack, FILE *out)
{
    uint64_t *words, start;
    size_t nr, i;

    start = stack_words(report->dump, stack, &words, &nr);
    fprintf(out, ",\n   \"stack_words\": {\"start\": \"%#" PRIx64
                 "\", \"words\": [", start);
    for ( i = 0; i < nr; i++ )
        fprintf(out, "%s\"%#" PRIx64 "\"", i ? ", " : "", words[i]);
    fputs("]}", out);
    free(words);
}

static void print_cpu(const struct report *report, size_t number, FILE *out)
{
    const struct cpu *cpu = &report->dump->notes.cpus[number];
    const struct stack *stack = &report->stacks[number];

    fprintf(out, "\n  {\"cpu\": %zu, \"saved\": %s", number,
            cpu_has_registers(cpu) ? "true" : "false");
    if ( cpu_has_registers(cpu) )
    {
        fputs(",\n   \"registers\": ", out);
        print_registers(cpu, out);
    }
    if ( stack->has_current )
        fprintf(out, ",\n   \"domain\": %u, \"vcpu\": %u", stack->domain,
                stack->vcpu);
    fprintf(out, ",\n   \"in_guest\": %s, ",
            stack->in_guest ? "true" : "false");
    print_stack(report, stack, false, out);
    if ( report->stack_words )
        print_words(report, stack, out);
    fputs("}", out);
}

static void print_vcpu(const struct report *report, const struct vcpu *vcpu,
                       FILE *out)
{
    const char *separator = "";
    unsigned int bit;

    fprintf(out, "\n    {\"vcpu\": %u", vcpu->id);
    if ( vcpu->has_state )
    {
        fprintf(out, ", \"state\": \"%s\", \"cpu\": %u, "
                     "\"pause_count\": %u, \"pause_flags\": [",
                vcpu_runstate_name(vcpu->runstate), vcpu->processor,
                vcpu->pause_count);
        for ( bit = 0; bit < 64; bit++ )
            if ( ((vcpu->pause_flags >> bit) & 1) && vcpu_pause_flag(bit) )
            {
                fprintf(out, "%s\"%s\"", separator, vcpu_pause_flag(bit));
                separator = ", ";
            }
        fputs("]", out);
    }
    if ( vcpu->has_regs )
    {
        fputs(",\n     \"registers\": ", out);
        print_registers(&vcpu->regs, out);
    }
    if ( vcpu->stack.nr )
    {
        fputs(",\n     ", out);
        print_stack(report, &vcpu->stack, true, out);
    }
    fputs("}", out);
}

static void print_domain(const struct report *report, const struct domain *d,
                         FILE *out)
{
    static const char *const dying[] = { "no", "dying", "dead" };
    char uuid[37];
    size_t i;

    fprintf(out, "\n  {\"id\": %u", d->id);
    if ( d->has_details )
    {
        fprintf(out, ", \"vcpus\": %u, \"max_vcpus\": %u, \"pages\": %u, "
                     "\"dying\": \"%s\"", d->nr_vcpus, d->max_vcpus, d->pages,
                d->dying < 3 ? dying[d->dying] : "?");
        if ( d->shut_down )
            fprintf(out, ", \"shutdown_code\": %u", d->shutdown_code);
    }
    if ( d->has_mode )
        fprintf(out, ", \"type\": \"%s\", \"pause_count\": %u",
                d->is_hvm ? "hvm" : "pv", d->pause_count);
    if ( d->name.used )
    {
        fputs(",\n   \"name\": ", out);
        print_string(d->name.s, d->name.used, out);
    }
    if ( d->has_uuid )
    {
        domain_uuid(d, uuid);
        fprintf(out, ",\n   \"uuid\": \"%s\"", uuid);
    }
    fputs(",\n   \"vcpu_list\": [", out);
    for ( i = 0; i < d->vcpus.nr; i++ )
    {
        fputs(i ? "," : "", out);
        print_vcpu(report, &d->vcpus.list[i], out);
    }
    fputs("]}", out);
}

static void print_payload(const struct payload *payload, FILE *out)
{
    fputs("\n  {\"name\": ", out);
    print_string(text_get(&payload->name), payload->name.used, out);
    fprintf(out, ", \"state\": \"%s\", \"text\": \"%#" PRIx64
                 "\", \"text_bytes\": %" PRIu64 "}",
            payload_state(payload->state), payload->text,
            payload->text_bytes);
}

void report_print_json(const struct report *report, FILE *out)
{
    const struct dump *dump = report->dump;
    size_t i;

    fprintf(out, "{\"format\": 1");
    print_text_member("version", &report->version, out);
    print_text_member("changeset", &report->changeset, out);
    print_text_member("compiler", &report->compiler, out);
    print_text_member("build_id", &report->build_id, out);
    print_text_member("command_line", &report->cmdline, out);
    fprintf(out, ",\n\"tainted\": %" PRIu64, dump->notes.xen_info.tainted);
    print_lines_member("reason", &report->reason, out);
    print_lines_member("dom0_reason", &report->dom0_reason, out);
    if ( report->has_crashing_cpu )
        fprintf(out, ",\n\"crashing_cpu\": %u", report->crashing_cpu);
    else
        fprintf(out, ",\n\"crashing_cpu\": null");
    fputs(",\n\"where\": ", out);
    if ( report->where )
        print_frame(report, report->where, false, out);
    else
        fputs("null", out);

    fputs(",\n\"cpus\": [", out);
    for ( i = 0; i < dump->notes.nr_cpus; i++ )
    {
        fputs(i ? "," : "", out);
        print_cpu(report, i, out);
    }
    fputs("],\n\"livepatches\": [", out);
    for ( i = 0; i < report->payloads.nr; i++ )
    {
        fputs(i ? "," : "", out);
        print_payload(&report->payloads.list[i], out);
    }
    fputs("],\n\"domains\": [", out);
    for ( i = 0; i < report->domains.nr; i++ )
    {
        fputs(i ? "," : "", out);
        print_domain(report, &report->domains.list[i], out);
    }
    fputs("]", out);

    print_lines_member("console", &report->console, out);
    print_lines_member("dom0_log", &report->dom0_log, out);
    print_text_member("no_dom0_log", &report->no_dom0_log, out);
    print_lines_member("problems", &dump->problems, out);
    fputs("}\n", out);
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
