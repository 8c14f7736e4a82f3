#include "io/dataset.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_image.h"

using namespace bauta;

namespace {

Dataset example() {
  Dataset dataset;
  dataset.size = 16;
  dataset.blocks = 20;
  dataset.detector = "haar";
  dataset.margin_low = 1.2;
  dataset.margin_high = 2.4;
  dataset.entries = {
      {"anna", "photos/anna.jpg", Box{-3, 4, 32, 32}, Box{5, 6, 20, 21}, Box{4, 1, 10, 11}, 1, 2},
      {"émile.2", "émile.2.png", Box{0, 0, 16, 16}, Box{1, 2, 3, 4}, Box{1, 2, 3, 4}, 3, 3}};
  dataset.skipped = {{"photos/empty.jpg", "no face found"}};
  return dataset;
}

void write_pictures(const TemporaryFolder& folder, const Dataset& dataset) {
  std::filesystem::create_directory(folder / "clear");
  std::filesystem::create_directory(folder / "mosaic");
  for (const DatasetEntry& entry : dataset.entries) {
    write_png(clear_path(folder.path(), entry.name), test_image(dataset.size, dataset.size));
    write_png(mosaic_path(folder.path(), entry.name), test_image(dataset.size, dataset.size));
  }
}

// The reason why a dataset.json in which `from` is replaced by `to` is refused.
std::string rejection_of(const std::string& from, const std::string& to) {
  const TemporaryFolder folder;
  write_pictures(folder, example());
  save_dataset(folder.path(), example());
  const auto path = folder / "dataset.json";
  std::string text = get_file(path);
  const std::size_t found = text.find(from);
  REQUIRE(found != text.npos);
  put_file(path, text.replace(found, from.size(), to));
  return error_of(path, [&] { load_dataset(folder.path()); });
}

}  // namespace

TEST_CASE("a dataset comes back as it was saved") {
  const TemporaryFolder folder;
  const Dataset saved = example();
  write_pictures(folder, saved);
  save_dataset(folder.path(), saved);
  const Dataset read = load_dataset(folder.path());
  CHECK(read.size == 16);
  CHECK(read.blocks == 20);
  CHECK(read.detector == "haar");
  CHECK(read.margin_low == 1.2);
  CHECK(read.margin_high == 2.4);
  REQUIRE(read.entries.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read.entries[i].name == saved.entries[i].name);
    CHECK(read.entries[i].source == saved.entries[i].source);
    CHECK(read.entries[i].source_crop == saved.entries[i].source_crop);
    CHECK(read.entries[i].source_face == saved.entries[i].source_face);
    CHECK(read.entries[i].face == saved.entries[i].face);
    CHECK(read.entries[i].block == saved.entries[i].block);
    CHECK(read.entries[i].source_block == saved.entries[i].source_block);
    CHECK(read.clear_files[i] == folder / ("clear/" + saved.entries[i].name + ".png"));
    CHECK(read.mosaic_files[i] == folder / ("mosaic/" + saved.entries[i].name + ".png"));
  }
  REQUIRE(read.skipped.size() == 1);
  CHECK(read.skipped[0].source == "photos/empty.jpg");
  CHECK(read.skipped[0].reason == "no face found");
}

TEST_CASE("an existing dataset.json is kept unless it may be replaced") {
  const TemporaryFolder folder;
  const auto path = folder / "dataset.json";
  save_dataset(folder.path(), example());
  CHECK(contains(error_of(path, [&] { save_dataset(folder.path(), example()); }), "exists; pass --force"));
  save_dataset(folder.path(), example(), true);
  CHECK(folder.entries() == 1);
}

TEST_CASE("entries that could not be loaded again are not saved") {
  const TemporaryFolder folder;
  for (const std::string name : {"", ".", "..", "../x", "a/b", "a\\b", "\xff"}) {
    Dataset dataset = example();
    dataset.entries[0].name = name;
    CHECK_THROWS_AS(save_dataset(folder.path(), dataset), std::invalid_argument);
  }
  Dataset dataset = example();
  dataset.entries[1].face.reset();
  CHECK_THROWS_AS(save_dataset(folder.path(), dataset), std::invalid_argument);
  CHECK(folder.entries() == 0);
}

TEST_CASE("a path that is not UTF-8 does not keep a dataset from being saved") {
  const TemporaryFolder folder;
  Dataset dataset = example();
  dataset.skipped[0].source = "caf\xe9.jpg";
  write_pictures(folder, dataset);
  save_dataset(folder.path(), dataset);
  CHECK(load_dataset(folder.path()).skipped[0].source == "caf\xef\xbf\xbd.jpg");
}

TEST_CASE("a damaged dataset.json is refused") {
  CHECK(contains(rejection_of("{", "["), "it lacks \"version\""));
  CHECK(contains(rejection_of("\"version\": 1", "\"version\": 2"), "later version"));
  CHECK(
      contains(rejection_of("\"version\": 1", "\"version\": \"1\""), "\"version\" is not of the right kind"));
  CHECK(contains(rejection_of("\"size\": 16", "\"size\": 0"), "\"size\" is not of the right kind"));
  CHECK(contains(rejection_of("\"size\": 16", "\"size\": 16.5"), "\"size\""));
  CHECK(contains(rejection_of("\"size\": 16", "\"size\": 18446744073709551615"), "\"size\""));
  CHECK(contains(rejection_of("\"x\": -3", "\"x\": -3000000000"), "\"x\""));
  CHECK(contains(rejection_of("\"x\": -3", "\"x\": 1e300"), "\"x\""));
  CHECK(contains(rejection_of("\"width\": 32", "\"width\": -1"), "\"width\""));
  CHECK(contains(rejection_of("\"width\": 32", "\"breadth\": 32"), "it lacks \"width\""));
  CHECK(contains(rejection_of("\"detector\": \"haar\"", "\"detector\": 3"), "\"detector\""));
  CHECK(contains(rejection_of("2.4", "2.4, 3"), "not two numbers"));
  CHECK(contains(rejection_of("2.4", "\"wide\""), "\"margin\""));
  CHECK(contains(rejection_of("\"pictures\": [", "\"pictures\": 3, \"more\": ["), "no list"));
  CHECK(contains(rejection_of("\"name\": \"anna\"", "\"name\": \"../anna\""), "no plain file name"));
  CHECK(contains(rejection_of("\"name\": \"anna\"", "\"name\": \"émile.2\""), "two pictures of one name"));
}

TEST_CASE("a picture that dataset.json names must be there") {
  const TemporaryFolder folder;
  write_pictures(folder, example());
  save_dataset(folder.path(), example());
  const auto missing = mosaic_path(folder.path(), "anna");
  std::filesystem::remove(missing);
  CHECK(contains(error_of(missing, [&] { load_dataset(folder.path()); }), "is missing"));
}

TEST_CASE("a folder of one's own pictures is a dataset without boxes") {
  const TemporaryFolder folder;
  write_pictures(folder, example());
  write_png(folder / "mosaic/other.png", test_image(16, 16));
  put_file(folder / "mosaic/notes.txt", "x");
  const Dataset dataset = load_dataset(folder.path());
  CHECK(dataset.size == 16);
  CHECK(dataset.blocks == 0);
  REQUIRE(dataset.entries.size() == 2);
  CHECK(dataset.entries[0].name == "anna");
  CHECK_FALSE(dataset.entries[0].face.has_value());
  CHECK(dataset.clear_files.size() == 2);
  CHECK(dataset.mosaic_files.size() == 3);
  const auto odd = folder / "mosaic/zebra.png";
  write_png(odd, test_image(16, 15));
  CHECK(contains(error_of(odd, [&] { load_dataset(folder.path()); }), "is not 16 x 16 pixels"));
}

TEST_CASE("a folder without pictures is no dataset") {
  const TemporaryFolder folder;
  const auto clear = folder / "clear";
  CHECK(contains(error_of(clear, [&] { load_dataset(folder.path()); }), "does not exist"));
  std::filesystem::create_directory(clear);
  std::filesystem::create_directory(folder / "mosaic");
  CHECK(contains(error_of(folder.path(), [&] { load_dataset(folder.path()); }), "no pictures in clear"));
  const auto file = put_file(folder / "file", "x");
  CHECK(contains(error_of(file, [&] { load_dataset(file); }), "is no folder"));
}

TEST_CASE("pictures are listed by name, one level deep, and files are taken as named") {
  const TemporaryFolder folder;
  for (const char* name : {"b.png", "a.JPG", "c.txt", ".hidden.png"}) put_file(folder / name, "x");
  std::filesystem::create_directory(folder / "deeper.png");
  put_file(folder / "deeper.png/d.png", "x");
  const auto text = folder / "c.txt";
  CHECK(list_images({text, folder.path()}) ==
        std::vector<std::filesystem::path>{text, folder / "a.JPG", folder / "b.png"});
  CHECK(list_images({}).empty());
  const auto missing = folder / "missing.png";
  CHECK(contains(error_of(missing, [&] { list_images({missing}); }), "does not exist"));
}
