/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report for programs.  Addresses and registers are strings, for JSON's
 * numbers need not have 64 bits.
 */

#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "xensyms.h"

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

static void print_frame(const struct report *report, const struct frame *frame,
                        FILE *out)
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
        name = names_find(report->names, frame->rip - is_return, &into);
        file = xensyms_line(report->dump->xensyms, frame->rip - is_return,
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

static void print_cpu(const struct report *report, size_t number, FILE *out)
{
    const struct cpu *cpu = &report->dump->notes.cpus[number];
    const struct stack *stack = &report->stacks[number];
    unsigned int reg;
    size_t i;

    fprintf(out, "\n  {\"cpu\": %zu, \"saved\": %s", number,
            cpu_has_registers(cpu) ? "true" : "false");
    if ( cpu_has_registers(cpu) )
    {
        fputs(",\n   \"registers\": {", out);
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
    if ( stack->has_current )
        fprintf(out, ",\n   \"domain\": %u, \"vcpu\": %u", stack->domain,
                stack->vcpu);
    fprintf(out, ",\n   \"in_guest\": %s, \"stack\": [",
            stack->in_guest ? "true" : "false");
    for ( i = 0; i < stack->nr; i++ )
    {
        fputs(i ? ",\n     " : "\n     ", out);
        print_frame(report, &stack->frames[i], out);
    }
    fputs("]}", out);
}

static void print_domain(const struct domain *d, FILE *out)
{
    static const char *const dying[] = { "no", "dying", "dead" };

    fprintf(out, "\n  {\"id\": %u", d->id);
    if ( d->has_details )
    {
        fprintf(out, ", \"vcpus\": %u, \"max_vcpus\": %u, \"pages\": %u, "
                     "\"dying\": \"%s\"", d->nr_vcpus, d->max_vcpus, d->pages,
                d->dying < 3 ? dying[d->dying] : "?");
        if ( d->shut_down )
            fprintf(out, ", \"shutdown_code\": %u", d->shutdown_code);
    }
    fputc('}', out);
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
    fprintf(out, ",\n\"tainted\": %" PRIu64, dump->notes.xen_info.tainted);
    print_lines_member("reason", &report->reason, out);
    print_lines_member("dom0_reason", &report->dom0_reason, out);
    if ( report->has_crashing_cpu )
        fprintf(out, ",\n\"crashing_cpu\": %u", report->crashing_cpu);
    else
        fprintf(out, ",\n\"crashing_cpu\": null");
    fputs(",\n\"where\": ", out);
    if ( report->where )
        print_frame(report, report->where, out);
    else
        fputs("null", out);

    fputs(",\n\"cpus\": [", out);
    for ( i = 0; i < dump->notes.nr_cpus; i++ )
    {
        fputs(i ? "," : "", out);
        print_cpu(report, i, out);
    }
    fputs("],\n\"domains\": [", out);
    for ( i = 0; i < report->domains.nr; i++ )
    {
        fputs(i ? "," : "", out);
        print_domain(&report->domains.list[i], out);
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
