#include "io/safetensors.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "io/input_file.h"
#include "tests/io/error_of.h"
#include "tests/io/picture_bytes.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

namespace {

std::string file_bytes(const std::string& header, const std::string& data = {}) {
  return little_endian(header.size(), 8) + header + data;
}

// The reason in the error that reading a file with these bytes gives.
std::string rejection_of(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "weights", bytes);
  const std::string error = error_of(path, [&] { read_safetensors(path); });
  CHECK(error_of(path, [&] { read_safetensors_header(path); }) == error);
  return error;
}

std::string entry(const std::string& shape, const std::string& offsets, const std::string& dtype = "F32") {
  return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

// A file with one tensor "a" described like this.
std::string one_tensor(const std::string& description, std::size_t data_bytes) {
  return file_bytes("{\"a\":" + description + "}", std::string(data_bytes, '\0'));
}

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

}  // namespace

TEST_CASE("tensors and metadata come back bit for bit") {
  const TemporaryFolder folder;
  const auto path = folder / "w.safetensors";
  SafetensorsFile file;
  const float odd_nan = std::bit_cast<float>(0x7fa12345u);
  file.tensors["model.1.weight"] = {{2, 1, 3},
                                    {1.0f / 3, -0.0f, std::numeric_limits<float>::denorm_min(), odd_nan,
                                     std::numeric_limits<float>::infinity(), -1e-30f}};
  file.tensors["model.1.bias"] = {{}, {42}};
  file.tensors["empty"] = {{0, 5}, {}};
  file.metadata = {{"architecture", "skip"}, {"é \"quoted\"\n", "x"}};
  write_safetensors(path, file);
  const SafetensorsFile read = read_safetensors(path);
  CHECK(read.metadata == file.metadata);
  REQUIRE(read.tensors.size() == 3);
  for (const auto& [name, tensor] : file.tensors) {
    CHECK(read.tensors.at(name).shape == tensor.shape);
    CHECK(bits_of(read.tensors.at(name).values) == bits_of(tensor.values));
  }
  CHECK(folder.entries() == 1);
  CHECK(contains(error_of(path, [&] { write_safetensors(path, file); }), "exists"));
  write_safetensors(path, {}, true);
  CHECK(read_safetensors(path).tensors.empty());
}

TEST_CASE("tensors that come one after another make the same file; one at a time is asked for, and read") {
  const TemporaryFolder folder;
  const SafetensorsFile file{{{"b", {{2}, {1, 2}}}, {"a", {{1, 3}, {3, 4, 5}}}}, {{"k", "v"}}};
  write_safetensors(folder / "together", file);
  std::string asked;
  TensorsToCome tensors;
  for (const auto& [name, tensor] : file.tensors)
    tensors[name] = {tensor.shape, [&asked, &name = name, &tensor = tensor] {
                       asked += name;
                       return tensor.values;
                     }};
  write_safetensors(folder / "apart", tensors, file.metadata);
  CHECK(asked == "ab");
  CHECK(get_file(folder / "apart") == get_file(folder / "together"));
  const InputFile input(folder / "apart");
  const SafetensorsHeader header = read_safetensors_header(input);
  for (const TensorInfo& info : header.tensors)
    CHECK(read_tensor(input, info).values == file.tensors.at(info.name).values);

  tensors["a"].values = [] { return std::vector<float>{1, 2}; };  // fewer than its shape says
  CHECK_THROWS_AS(write_safetensors(folder / "apart", tensors, {}, true), std::invalid_argument);
  CHECK(get_file(folder / "apart") == get_file(folder / "together"));
}

TEST_CASE("the header is told without the tensors, in file order") {
  const TemporaryFolder folder;
  const auto path = folder / "w.safetensors";
  write_safetensors(path, {{{"b", {{2}, {1, 2}}}, {"a", {{1, 1}, {3}}}}, {{"k", "v"}}});
  const std::string bytes = get_file(path);
  const SafetensorsHeader header = read_safetensors_header(path);
  REQUIRE(header.tensors.size() == 2);
  CHECK(header.metadata.at("k") == "v");
  CHECK(header.tensors[0].name == "a");
  CHECK(header.tensors[0].dtype == "F32");
  CHECK(header.tensors[0].shape == std::vector<std::int64_t>{1, 1});
  CHECK(header.tensors[0].begin % 8 == 0);
  CHECK(header.tensors[0].end - header.tensors[0].begin == 4);
  CHECK(header.tensors[1].name == "b");
  CHECK(header.tensors[1].count == 2);
  CHECK(header.tensors[1].end == bytes.size());
}

TEST_CASE("a file by another program is read, halves widened exactly") {
  const TemporaryFolder folder;
  const std::string header = "{\"z\":" + entry("[2]", "[0,8]") +
                             ",\"__metadata__\":{\"format\":\"pt\"},\"h\":" + entry("[7]", "[8,22]", "F16") +
                             ",\"b\":" + entry("[3]", "[22,28]", "BF16") + "}   ";
  std::string data = little_endian(0x3fc00000, 4) + little_endian(0xc0000000, 4);
  for (const unsigned half : {0x3c00u, 0xc000u, 0x0001u, 0x83ffu, 0x7c00u, 0xfe01u, 0x7bffu}) {
    data += little_endian(half, 2);
  }
  for (const unsigned brain : {0x3f80u, 0xc049u, 0x7f80u}) data += little_endian(brain, 2);
  const SafetensorsFile file = read_safetensors(put_file(folder / "w", file_bytes(header, data)));
  CHECK(file.metadata.at("format") == "pt");
  CHECK(file.tensors.at("z").values == std::vector<float>{1.5f, -2.0f});
  const std::vector<float>& half = file.tensors.at("h").values;
  CHECK(half[0] == 1);
  CHECK(half[1] == -2);
  CHECK(half[2] == std::ldexp(1.0f, -24));
  CHECK(half[3] == -1023 * std::ldexp(1.0f, -24));
  CHECK(std::isinf(half[4]));
  CHECK((std::isnan(half[5]) && std::signbit(half[5])));
  CHECK(half[6] == 65504);
  CHECK(file.tensors.at("b").values ==
        std::vector<float>{1, -3.140625f, std::numeric_limits<float>::infinity()});
}

TEST_CASE("a type that is no float is told in the header and refused in the tensors") {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "w", one_tensor(entry("[1]", "[0,8]", "I64"), 8));
  CHECK(read_safetensors_header(path).tensors.at(0).dtype == "I64");
  CHECK(contains(error_of(path, [&] { read_safetensors(path); }), "has a tensor a of type I64"));
  CHECK(contains(rejection_of(one_tensor(entry("[1]", "[0,8]", "Q9"), 8)), "type that is not known"));
}

TEST_CASE("impossible headers are refused") {
  const std::string empty_header = "{}";
  CHECK(contains(rejection_of(""), "too short"));
  CHECK(contains(rejection_of("\1\0\0"), "too short"));
  CHECK(contains(rejection_of(little_endian(std::uint64_t{1} << 63, 8) + empty_header),
                 "longer than the file"));
  CHECK(contains(rejection_of(little_endian(~std::uint64_t{0}, 8) + empty_header), "longer than the file"));
  CHECK(contains(rejection_of(little_endian(3, 8) + empty_header), "longer than the file"));
  CHECK(contains(rejection_of(file_bytes(std::string(kMaxSafetensorsHeaderBytes + 1, ' '))), "too long"));
  for (const std::string header :
       {"  {}", "[]", "{ ", "{}x", "null", "{\"a\":NaN}", "{\"a\":1,}", "{'a':1}", "{}{}"}) {
    CAPTURE(header);
    CHECK(contains(rejection_of(file_bytes(header)), "no JSON object"));
  }
}

TEST_CASE("deep nesting and double names are refused") {
  std::string nested = "{\"a\":";
  for (int i = 0; i < 100'000; ++i) nested += "[";
  CHECK(contains(rejection_of(file_bytes(nested)), "nested too deep"));
  CHECK(contains(rejection_of(file_bytes("{\"a\":" + entry("[[1]]", "[0,4]") + "}", "1234")),
                 "nested too deep"));
  const std::string a = "\"a\":" + entry("[1]", "[0,4]");
  CHECK(contains(rejection_of(file_bytes("{" + a + "," + a + "}", "1234")), "a name twice"));
  CHECK(contains(rejection_of(one_tensor(
                     "{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}", 4)),
                 "a name twice"));
}

TEST_CASE("shapes and offsets that cannot be are refused") {
  const auto rejected = [](const std::string& shape, const std::string& offsets, std::size_t bytes) {
    return rejection_of(one_tensor(entry(shape, offsets), bytes));
  };
  CHECK(contains(rejected("[-1]", "[0,4]", 4), "no whole number"));
  CHECK(contains(rejected("[1.5]", "[0,4]", 4), "no whole number"));
  CHECK(contains(rejected("[\"1\"]", "[0,4]", 4), "no whole number"));
  CHECK(contains(rejected("[18446744073709551615]", "[0,4]", 4), "no whole number"));
  CHECK(contains(rejected("[4611686018427387904,4]", "[0,0]", 0), "larger than the file"));
  CHECK(contains(rejected("[4294967296,4294967296]", "[0,0]", 0), "larger than the file"));
  CHECK(contains(rejected("[4294967297,4294967297]", "[0,4]", 4), "larger than the file"));
  CHECK(contains(rejected("[1,1,1,1,1,1,1,1,1]", "[0,4]", 4), "no proper shape"));
  CHECK(contains(rejected("1", "[0,4]", 4), "no proper shape"));
  CHECK(contains(rejected("[1]", "[-4,0]", 4), "no whole number"));
  CHECK(contains(rejected("[1]", "[0,8]", 4), "lies outside the file"));
  CHECK(contains(rejected("[1]", "[9223372036854775804,9223372036854775807]", 4), "lies outside the file"));
  CHECK(contains(rejected("[1]", "[4,0]", 4), "lies outside the file"));
  CHECK(contains(rejected("[1]", "[0]", 4), "no proper data_offsets"));
  CHECK(contains(rejected("[2]", "[0,4]", 4), "larger than the file"));
  CHECK(contains(rejected("[2]", "[0,4]", 8), "more or fewer bytes"));
  CHECK(contains(rejected("[1]", "[0,8]", 8), "more or fewer bytes"));
  CHECK(rejected("[0,4611686018427387904,16]", "[0,0]", 0) == "no error");
}

TEST_CASE("incomplete descriptions are refused") {
  CHECK(contains(rejection_of(one_tensor("{\"shape\":[1],\"data_offsets\":[0,4]}", 4)), "has no dtype"));
  CHECK(contains(rejection_of(one_tensor("{\"dtype\":\"F32\",\"data_offsets\":[0,4]}", 4)), "has no shape"));
  CHECK(contains(rejection_of(one_tensor("{\"dtype\":\"F32\",\"shape\":[1]}", 4)), "has no data_offsets"));
  CHECK(contains(rejection_of(one_tensor("{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}", 4)),
                 "not known"));
  CHECK(contains(rejection_of(one_tensor("3", 0)), "no JSON object"));
  CHECK(contains(rejection_of(file_bytes("{\"__metadata__\":3}")), "__metadata__ is no JSON object"));
  CHECK(contains(rejection_of(file_bytes("{\"__metadata__\":{\"a\":1}}")), "no text"));
}

TEST_CASE("overlaps, gaps and leftovers are refused") {
  const auto two = [](const std::string& first, const std::string& second, std::size_t bytes) {
    return rejection_of(file_bytes("{\"a\":" + entry("[2]", first) + ",\"b\":" + entry("[2]", second) + "}",
                                   std::string(bytes, '\0')));
  };
  CHECK(two("[0,8]", "[8,16]", 16) == "no error");
  CHECK(two("[8,16]", "[0,8]", 16) == "no error");
  CHECK(contains(two("[0,8]", "[4,12]", 12), "overlaps"));
  CHECK(contains(two("[0,8]", "[0,8]", 8), "overlaps"));
  CHECK(contains(two("[0,8]", "[12,20]", 20), "belong to none"));
  CHECK(contains(two("[4,12]", "[12,20]", 20), "belong to none"));
  CHECK(contains(two("[0,8]", "[8,16]", 17), "belong to no tensor"));
  CHECK(contains(two("[0,8]", "[8,16]", 15), "lies outside the file"));
}

TEST_CASE("what cannot be written properly is not written") {
  const TemporaryFolder folder;
  const auto path = folder / "w";
  CHECK_THROWS_AS(write_safetensors(path, {{{"a", {{3}, {1, 2}}}}, {}}), std::invalid_argument);
  CHECK_THROWS_AS(write_safetensors(path, {{{"a", {{-1, -2}, {1, 2}}}}, {}}), std::invalid_argument);
  CHECK_THROWS_AS(write_safetensors(path, {{{"__metadata__", {{}, {1}}}}, {}}), std::invalid_argument);
  CHECK_THROWS_AS(write_safetensors(path, {{{"a\xff", {{}, {1}}}}, {}}), std::invalid_argument);
  CHECK_THROWS_AS(write_safetensors(path, {{}, {{"k", "\xff"}}}), std::invalid_argument);
  CHECK_THROWS_AS(write_safetensors(path, {{{"a", {{1, 1, 1, 1, 1, 1, 1, 1, 1}, {1}}}}, {}}),
                  std::invalid_argument);
  CHECK(folder.entries() == 0);
}
