#include "cyclegan/anonymizer/record.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_image.h"

using namespace bauta;

namespace {

AnonymizationRecord example() {
  AnonymizationRecord record;
  record.picture = {640, 480};
  record.network_size = 128;
  for (const Box& face : {Box{100, 100, 200, 210}, Box{-5, 400, 80, 90}, Box{0, 0, 640, 480}})
    record.regions.push_back(plan_region(record.picture, face, 128, 10));
  record.regions[1].restorable = false;
  return record;
}

using Change = std::function<void(nlohmann::json&)>;

// The reason for which the example is refused after the change; "no error" if it is not.
std::string reason_after(const Change& change) {
  nlohmann::json document = nlohmann::json::parse(to_json(example()));
  change(document);
  const std::string error = error_of("a.png", [&] { parse_record("a.png", document.dump()); });
  const std::size_t open = error.find('('), close = error.find(')');
  return open == error.npos ? error : error.substr(open + 1, close - open - 1);
}

}  // namespace

TEST_CASE("a record comes back from its text") {
  CHECK(parse_record("a.png", to_json(example())) == example());
  AnonymizationRecord one_way;
  one_way.mode = AnonymizationMode::OneWay;
  one_way.picture = {640, 480};
  one_way.regions = {{{1, 2, 30, 40}, 1, {1, 2, 30, 40}, 3, false}};
  CHECK(parse_record("a.png", to_json(one_way)) == one_way);
  const auto document = nlohmann::json::parse(to_json(one_way));
  CHECK_FALSE(document.contains("network_size"));
  CHECK(document["mode"] == "one-way");
}

TEST_CASE("a keyed record comes back from its text; damaged ones are refused") {
  AnonymizationRecord keyed;
  keyed.mode = AnonymizationMode::Keyed;
  keyed.picture = {640, 480};
  keyed.keyed_regions = {{{1, 2, 30, 40}, 8, 7, {}},
                         {{600, 400, 40, 80}, 10, 31, {WrappedKey{}, WrappedKey{}}}};
  keyed.keyed_regions[1].wrapped_keys[1].fill(std::byte{0xa7});
  const std::string text = to_json(keyed);
  CHECK(parse_record("a.png", text) == keyed);
  const auto error_after = [&text](const Change& change) {
    nlohmann::json document = nlohmann::json::parse(text);
    change(document["regions"][1]);
    return error_of("a.png", [&] { parse_record("a.png", document.dump()); });
  };
  CHECK(contains(error_after([](auto& region) { region["k"] = 0; }), "\"k\" is out of range"));
  CHECK(contains(error_after([](auto& region) { region["k"] = 32; }), "\"k\" is out of range"));
  CHECK(contains(error_after([](auto& region) { region["block"] = 0; }), "\"block\" is out of range"));
  CHECK(contains(error_after([](auto& region) { region["width"] = 41; }), "a face leaves the picture"));
  CHECK(contains(error_after([](auto& region) { region["x"] = region["y"] = 20; }), "overlap"));
  CHECK(contains(error_after([](auto& region) { region["wrapped_keys"] = "a7"; }), "no list"));
  CHECK(contains(error_after([](auto& region) { region["wrapped_keys"][0] = 3; }), "damaged"));
  CHECK(contains(error_after([](auto& region) { region["wrapped_keys"][0] = "a7"; }), "damaged"));
  CHECK(contains(error_after([](auto& region) { region["wrapped_keys"][0] = std::string(160, 'g'); }),
                 "damaged"));
  CHECK(contains(error_after([](auto& region) {
                   region["wrapped_keys"] = std::vector<std::string>(kMostRecipients + 1);
                 }),
                 "too many"));
}

TEST_CASE("hostile records are refused with a reason") {
  CHECK(reason_after([](auto&) {}) == "no error");
  const auto first = [](const char* key, nlohmann::json value) -> Change {
    return [key, value](auto& document) { document["regions"][0][key] = value; };
  };
  for (const char* key : {"x", "y", "width", "height", "block", "k"})
    for (const nlohmann::json& value :
         {nlohmann::json(-1), nlohmann::json(1e30), nlohmann::json(18446744073709551615u),
          nlohmann::json("7"), nlohmann::json(nullptr), nlohmann::json(9223372036854775807),
          nlohmann::json(3.5)}) {
      CAPTURE(key);
      CAPTURE(value.dump());
      CHECK(reason_after(first(key, value)) == std::string("its \"") + key + "\" is out of range");
    }
  CHECK(reason_after(first("width", 600)) == "a face leaves the picture");
  CHECK(reason_after(first("width", 0)) == "its \"width\" is out of range");
  CHECK(reason_after(first("block", 0)) == "its \"block\" is out of range");
  CHECK(reason_after(first("block", 21)) == "a face or its mosaic does not fit the grid of \"k\" pixels");
  CHECK(reason_after(first("k", 1)) == "a crop is not \"k\" times the network's size");
  CHECK(reason_after(first("restorable", 1)) == "its \"restorable\" is neither true nor false");
  CHECK(reason_after(first("crop", nlohmann::json::array())) == "it lacks \"side\"");
  CHECK(reason_after([](auto& d) { d["regions"][0]["crop"]["x"] = 101; }) == "a face leaves its crop");
  CHECK(reason_after([](auto& d) { d["regions"][0]["crop"]["x"] = 71; }) ==
        "a face or its mosaic does not fit the grid of \"k\" pixels");
  CHECK(reason_after([](auto& d) { d["regions"][0]["crop"]["side"] = 2147483647; }) ==
        "its \"side\" is out of range");
  CHECK(reason_after([](auto& d) { d["regions"][0] = 5; }) == "it lacks \"x\"");
  CHECK(reason_after([](auto& d) { d["regions"] = "none"; }) == "its \"regions\" are no list");
  CHECK(reason_after([](auto& d) {
          const nlohmann::json region = d["regions"][0];
          for (std::size_t i = 0; i < kMostRegions; ++i) d["regions"].push_back(region);
        }) == "it has more than 10000 regions");
  CHECK(reason_after([](auto& d) { d["network_size"] = 130; }) == "no network has its \"network_size\"");
  CHECK(reason_after([](auto& d) { d["network_size"] = 1 << 20; }) == "its \"network_size\" is out of range");
  CHECK(reason_after([](auto& d) { d["version"] = 2; }) == "its \"version\" is out of range");
  CHECK(reason_after([](auto& d) { d["mode"] = "sealed"; }) == "its \"mode\" is unknown");
  CHECK(reason_after([](auto& d) { d["mode"] = "one-way"; }) == "a one-way region claims to be restorable");
  CHECK(reason_after([](auto& d) { d["picture"]["width"] = 1; }) == "its \"x\" is out of range");
}

TEST_CASE("text that is no JSON object is refused, however deep") {
  const std::string deep(1'000'000, '[');
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("\xff\xfe"),
                                  deep, deep + std::string(1'000'000, ']')})
    CHECK(contains(error_of("a.png", [&] { parse_record("a.png", text); }), "its regions cannot be used"));
}

TEST_CASE("a record is found in the picture first, then beside it") {
  const TemporaryFolder folder;
  const std::filesystem::path png = folder / "a.png", json = folder / "a.json";
  const AnonymizationRecord record = example();
  const Image image = test_image(640, 480);
  const ImageSize size{640, 480};

  write_png(png, image);
  CHECK_FALSE(find_record(png, size));
  put_file(json, "{\"camera\": \"somebody else's\"}");
  CHECK_FALSE(find_record(png, size));
  put_file(json, to_json(record));
  CHECK(find_record(png, size) == record);
  put_file(json, to_json(record).substr(0, 100));
  CHECK(contains(error_of(json, [&] { find_record(png, size); }), "its regions cannot be used"));

  AnonymizationRecord inside = record;
  inside.regions.pop_back();
  write_png(png, image, {{kRecordKeyword, to_json(inside)}}, true);
  CHECK(find_record(png, size) == inside);
  CHECK(contains(error_of(png, [&] { find_record(png, {320, 240}); }), "not resized or cut"));
}
