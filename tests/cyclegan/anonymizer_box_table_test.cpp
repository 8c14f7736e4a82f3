#include "cyclegan/anonymizer/box_table.h"

#include <doctest/doctest.h>

#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

namespace {

BoxTable table_of(const TemporaryFolder& folder, const std::string& text) {
  put_file(folder / "boxes.tsv", text);
  return BoxTable(folder / "boxes.tsv");
}

std::string error_of_table(const std::string& text) {
  const TemporaryFolder folder;
  put_file(folder / "boxes.tsv", text);
  return error_of(folder / "boxes.tsv", [&] { BoxTable(folder / "boxes.tsv"); });
}

}  // namespace

TEST_CASE("boxes are found by the end of a photograph's path, in whole components") {
  const TemporaryFolder folder;
  const BoxTable table = table_of(folder,
                                  "identity\tbw\tpath\tbx\tby\tbh\tnote\r\n"
                                  "anna\t30\ttrain/x.jpg\t1\t2\t40\tgood\r\n"
                                  "\n"
                                  "anna\t31.6\ttrain/x.jpg\t-3\t2.4\t4e1\r\n"
                                  "ben\t\ttrain/none.jpg\t\t\t\n"
                                  "eve\t5\ty.jpg\t0\t0\t5\n"
                                  "eve\t6\tother/y.jpg\t0\t0\t6");
  CHECK(table.find("/any/train/x.jpg").boxes == std::vector<Box>{{1, 2, 30, 40}, {-3, 2, 32, 40}});
  CHECK(table.find("/any/./train/sub/../x.jpg").boxes.size() == 2);
  CHECK(table.find("/any/retrain/x.jpg").why_none == "--boxes has no line for it");
  CHECK(table.find("x.jpg").why_none == "--boxes has no line for it");
  CHECK(table.find("/any/train/none.jpg").why_none == "--boxes has no face for it");
  CHECK(table.find("/somewhere/y.jpg").boxes == std::vector<Box>{{0, 0, 5, 5}});
  CHECK(contains(table.find("/any/other/y.jpg").why_none, "both"));
  CHECK(table.find("/any/other/y.jpg").boxes.empty());
}

TEST_CASE("lines of a table that are about none of the photographs are counted, and the first is named") {
  const TemporaryFolder folder;
  const BoxTable table = table_of(folder,
                                  "path\tbx\tby\tbw\tbh\n"
                                  "z/gone.jpg\t1\t2\t3\t4\n"
                                  "x.jpg\t1\t2\t3\t4\n"
                                  "a/gone.jpg\t1\t2\t3\t4\n"
                                  "z/gone.jpg\t5\t2\t3\t4\n"
                                  "train/x.jpg\t\t\t\t\n");
  const auto none = table.unmatched({"/any/train/x.jpg", "/any/b/gone.jpg"});  // x.jpg could be it, too
  CHECK(none.lines == 3);
  CHECK(none.first_line == 2);
  CHECK(none.first_path == "z/gone.jpg");
  const auto one = table.unmatched({"/x.jpg", "z/gone.jpg", "/any/a/gone.jpg", "/unknown.jpg"});
  CHECK(one.lines == 1);
  CHECK(one.first_path == "train/x.jpg");
  CHECK(table.unmatched({"/train/x.jpg", "z/gone.jpg", "/any/a/gone.jpg"}).lines == 0);
  CHECK(table.unmatched({}).lines == 5);
}

TEST_CASE("a malformed table is refused by its line") {
  CHECK(contains(error_of_table(""), "line 1 is missing"));
  CHECK(contains(error_of_table("path\tbx\tby\tbw\n"), "line 1 names no column bh"));
  const std::string header = "path\tbx\tby\tbw\tbh\n";
  CHECK(contains(error_of_table(header + "a.jpg\t1\t2\t3\t4\nb.jpg\t1\tx\t3\t4\n"),
                 "line 3 has \"x\" in column by"));
  CHECK(contains(error_of_table(header + "a.jpg\t1\t2\t3\t4\t5\n"), "line 2 has more columns"));
  CHECK(contains(error_of_table(header + "\t1\t2\t3\t4\n"), "line 2 has no path"));
  CHECK(contains(error_of_table(header + "a.jpg\t1\t2\t3\t4e99\n"), "line 2 has \"4e99\""));
  CHECK(contains(error_of_table(header + "a.jpg\t1\t2\tnan\t4\n"), "line 2 has \"nan\""));
  // What is left out by mistake would leave a face open.
  CHECK(contains(error_of_table(header + "a.jpg\t1\t2\t3\t4\na.jpg\t88\t20\n"),
                 "line 3 has nothing in column bw"));
  CHECK(contains(error_of_table(header + "a.jpg\t1\t2\t3\t\n"), "line 2 has nothing in column bh"));
  CHECK(
      contains(error_of_table(header + "a.jpg\t1\t2\t0\t9\n"), "line 2 has a box that is not a pixel wide"));
  CHECK(
      contains(error_of_table(header + "a.jpg\t1\t2\t9\t-9\n"), "line 2 has a box that is not a pixel wide"));
  CHECK(error_of_table(header + "a.jpg\t0\t0\t0\t0\nb.jpg\t\t\t\t\n") == "no error");
}
