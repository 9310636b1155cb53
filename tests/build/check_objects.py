# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/check-objects: an object that breaks a rule is named.

Each test compiles two files as parts of a small Xen: OURS, which is held
against the rules, and XEN, which is not.
"""

import subprocess
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent

# As Xen is compiled, as far as it matters here.
FLAGS = ["-O2", "-fcf-protection=branch", "-mmanual-endbr", "-mcmodel=kernel",
         "-fno-pic", "-ffunction-sections", "-fno-jump-tables", "-Wall",
         "-Wno-unused-function", "-fno-asynchronous-unwind-tables"]

COMMON = r"""
#define cf_check __attribute__((cf_check))
#define noinline __attribute__((noinline))

struct cpu_info { unsigned long other, cr4, last; };

static inline struct cpu_info *get_cpu_info(void)
{
    unsigned long sp;

    asm ( "lea (%%rsp), %0; or $0x7fff, %0" : "=r" (sp) );
    return (struct cpu_info *)(sp + 1) - 1;
}

static inline void raw_write_cr4(unsigned long cr4)
{
    asm volatile ( "mov %0, %%cr4" :: "r" (cr4) : "memory" );
}

static inline void invpcid(void)
{
    unsigned long desc[2] = {};

    asm volatile ( "invpcid %0, %1" :: "m" (desc), "r" (0UL) );
}

void (*pointer)(void) __attribute__((weak));
void theirs(void);
"""

OFFSETS = "#define CPUINFO_cr4 8\n#define CPUINFO_sizeof 24\n"

# Each of these is needed by some test, and breaks no rule.
XEN = "void theirs(void) { asm volatile ( \"nop\" ); }\n"


class Objects(unittest.TestCase):
    """Rule by rule."""

    def setUp(self):
        self.obj = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.obj / ".config").write_text("CONFIG_XEN_IBT=y\n")
        header = self.obj / "arch/x86/include/asm/asm-offsets.h"
        header.parent.mkdir(parents=True)
        header.write_text(OFFSETS)

    def found(self, ours, xen=XEN):
        """What check-objects says of the two, without line ends."""
        for name, text in (("ours", ours), ("xen", xen)):
            (self.obj / f"{name}.c").write_text(COMMON + text)
            subprocess.run(["gcc", *FLAGS, "-c", f"{name}.c"], cwd=self.obj,
                           check=True)
        subprocess.run(["ld", "-e", "0", "-o", "xen-syms", "ours.o", "xen.o"],
                       cwd=self.obj, check=True)
        done = subprocess.run(
            [TOP / "scripts/check-objects", self.obj, "ours.c"], check=False,
            capture_output=True, text=True)
        lines = done.stdout.splitlines()
        self.assertEqual(done.returncode, 1 if lines else 0, done.stderr)
        return lines

    def test_what_is_right_is_not_named(self):
        self.assertEqual(self.found("""
            static void cf_check a(void) {}
            static void noinline b(void) { asm volatile ( "nop" ); }
            void (*const table[])(void) = { a };
            void c(void) { b(); theirs(); }
        """), [])

    def test_in_a_table_without_endbr(self):
        found = self.found("""
            static void a(void) {}
            void (*const table[])(void) = { a };
        """)
        self.assertEqual(len(found), 1)
        self.assertRegex(found[0], r"^a: .* in \.rodata, .* not begin with")

    def test_in_code_without_endbr(self):
        found = self.found("""
            static void a(void) { asm volatile ( "nop" ); }
            void b(void) { pointer = a; }
        """)
        self.assertRegex("\n".join(found), r"^a: .* in b, .* not begin with")

    def test_in_code_by_lea(self):
        found = self.found("""
            static void a(void) { asm volatile ( "nop" ); }
            void *b(void)
            {
                void *p;

                asm ( "lea %c1(%%rip), %0" : "=r" (p) : "i" (a) );
                return p;
            }
        """)
        self.assertRegex("\n".join(found), r"^a: .* in b, .* not begin with")

    def test_taken_elsewhere_without_endbr(self):
        found = self.found("void a(void) {}", XEN + """
            void a(void);
            void (*const table[])(void) = { a };
        """)
        self.assertRegex("\n".join(found), r"^a: .* not begin with")

    def test_taken_elsewhere_with_endbr(self):
        self.assertEqual(self.found("void cf_check a(void) {}", XEN + """
            void a(void);
            void (*const table[])(void) = { a };
        """), [])

    def test_endbr_that_nobody_needs(self):
        found = self.found("""
            void cf_check a(void) { asm volatile ( "nop" ); }
            void b(void) { a(); }
        """)
        self.assertRegex("\n".join(found), "^a: .*nobody takes")

    def test_the_address_of_a_function_of_xen_without_endbr(self):
        found = self.found("void b(void) { pointer = theirs; }")
        self.assertRegex("\n".join(found), "^theirs: .*Xen's function")

    def test_the_stub_is_exempt(self):
        self.assertEqual(self.found("""
            __attribute__((section(".text.kexec"))) void a(void) {}
            void (*const table[])(void) = { a };
        """), [])

    def test_invpcid_after_a_raw_write(self):
        found = self.found("""
            void a(void) { raw_write_cr4(0); invpcid(); }
        """)
        self.assertRegex("\n".join(found), r"^a: .*a\(\) executes INVPCID")

    def test_invpcid_in_a_function_of_xen(self):
        found = self.found(
            "void a(void) { raw_write_cr4(0); theirs(); }",
            "void theirs(void) { invpcid(); }")
        self.assertRegex("\n".join(found), r"^a: .*theirs\(\) executes")

    def test_invpcid_behind_the_return(self):
        found = self.found("""
            static void noinline a(void) { raw_write_cr4(0); }
            void b(void) { a(); invpcid(); }
        """)
        self.assertRegex("\n".join(found), r"^a: .*b\(\) executes INVPCID")

    def test_invpcid_before_the_write(self):
        self.assertEqual(self.found("""
            void a(void) { invpcid(); raw_write_cr4(0); }
        """), [])

    def test_use_of_the_copy_after_a_raw_write(self):
        found = self.found(
            "void a(void) { raw_write_cr4(0); theirs(); }", """
            void theirs(void)
            {
                if ( get_cpu_info()->cr4 & (1u << 17) )
                    pointer = 0;
            }
        """)
        self.assertRegex("\n".join(found), r"^a: .*theirs\(\) goes by")

    def test_another_member_is_not_the_copy(self):
        self.assertEqual(self.found(
            "void a(void) { raw_write_cr4(0); theirs(); }", """
            void theirs(void)
            {
                if ( get_cpu_info()->last & (1u << 17) )
                    pointer = 0;
            }
        """), [])

    def test_a_write_with_the_copy(self):
        self.assertEqual(self.found("""
            void a(void)
            {
                get_cpu_info()->cr4 = 32;
                raw_write_cr4(32);
                invpcid();
            }
        """), [])

    def test_a_call_by_a_pointer_after_a_raw_write(self):
        found = self.found("""
            void a(void)
            {
                raw_write_cr4(0);
                pointer();
                asm volatile ( "" );
            }
        """)
        self.assertRegex("\n".join(found), r"^a: .*through a pointer")

    def test_without_ibt_nothing_can_be_said(self):
        (self.obj / ".config").write_text("CONFIG_X86=y\n")
        done = subprocess.run([TOP / "scripts/check-objects", self.obj],
                              check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("CONFIG_XEN_IBT", done.stdout)
