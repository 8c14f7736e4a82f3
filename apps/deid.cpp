// bauta deid: photographs -> de-identified photographs.
#include <algorithm>

#include "apps/deid_options.h"
#include "apps/dry_run.h"
#include "apps/photo_hider.h"
#include "apps/visible_blocks.h"
#include "io/file_error.h"
#include "io/png_codec.h"

namespace bauta {
namespace {

using nlohmann::ordered_json;

void report_faces(FileReport& report, const FaceFinder::Found& found) {
  report.fact("faces", found.faces.size());
  ordered_json boxes = ordered_json::array();
  for (std::size_t i = 0; i < found.faces.size(); ++i) {
    ordered_json box = box_json(found.faces[i]);
    box["score"] =
        found.scores[i] ? ordered_json(rounded(static_cast<double>(*found.scores[i]))) : ordered_json();
    boxes.push_back(std::move(box));
  }
  report.fact("boxes", std::move(boxes));
  report.fact("regions", ordered_json::array());
}

// Of a JPEG that holds more than one picture the first alone is worked on: what becomes of the others.
void report_pictures_beside(FileReport& report, const Photograph& photo) {
  if (photo.pictures_beside == 0) return;
  report.fact("pictures_left_out", photo.pictures_beside);
  report.note("holds " + counted(static_cast<std::size_t>(photo.pictures_beside) + 1, "picture") +
              " (MPF), the first alone is written");
}

// Whether there are as many faces as there should be; reports it where not.
bool has_faces(RunFile& file, const DeidOptions& options, const FaceFinder::Found& found) {
  const std::size_t faces = found.faces.size();
  if (faces > 0 && faces >= static_cast<std::size_t>(options.require_faces)) return true;
  if (faces > 0 || options.require_faces > 0) {
    file.report.problem("has " + counted(faces, "face") + ", and --require-faces asks for " +
                        std::to_string(options.require_faces) + "; give --boxes, or lower --require-faces");
  } else if (options.faces.allow_no_face) {
    file.report.note("no face was found, nothing is written for it");
    if (!options.dry_run) file.write_nothing();
  } else {
    file.report.problem(found.why_none);
  }
  return false;
}

void report_checks(FileReport& report, const CheckedPicture& picture) {
  ordered_json checks = ordered_json::array();
  for (std::size_t i = 0; i < picture.faces.size(); ++i) {
    const CheckedFace& face = picture.faces[i];
    checks.push_back({{"block", face.block},
                      {"deviation", rounded(face.check.deviation)},
                      {"distance", rounded(face.check.distance)},
                      {"kept_detail", rounded(face.check.kept_detail)},
                      {"likeness", face.likeness ? ordered_json(rounded(*face.likeness)) : ordered_json()},
                      {"recognized", face.is_recognized()},
                      {"fallback", to_string(face.fallback)}});
    const std::string place = std::to_string(i + 1) + " (" + to_string(face.box) + ")";
    const bool open = picture.hidden.record.mode == AnonymizationMode::Open;
    if (open && face.fallback == Fallback::Coarser)
      report.problem(
          "face " + place +
          " was still recognized; a plain mosaic of fewer blocks was written instead and cannot be "
          "restored; use fewer --blocks, or --key-file");
    else if (face.fallback == Fallback::PlainMosaic)
      report.problem("the De-ID network left face " + place +
                     " recognizable; the plain mosaic was written instead and cannot be restored; train the "
                     "network longer or use --one-way");
    else if (face.fallback == Fallback::Coarser)
      report.note("face " + place + " was still recognized; it has fewer blocks than usual, of " +
                  std::to_string(face.block) + " pixels");
    else if (face.is_recognized())
      report.note("face " + place + " is still recognized through the blocks asked for; use fewer --blocks");
  }
  report.fact("checks", std::move(checks));
}

// The picture and what it says of itself. The JSON file comes first: a picture that is there is complete.
void write(RunFile& file, const Photograph& photo, const AnonymizationRecord& record,
           const DeidOptions& options) {
  const std::filesystem::path& output = file.report.job().output;
  const std::string json = to_json(record);
  const bool beside = options.regions == "json";
  std::map<std::string, std::string> text;
  if (!beside) text.emplace(kRecordKeyword, json);
  std::string bytes = encode_photograph(output, photo, options.format, text);
  if (!holds_photograph(bytes, photo))
    throw FileError(output, "would not be read as it was checked, so it is not written", "leave it out");
  std::vector<RunFile::Content> contents;
  if (beside) contents.push_back({record_path(output), json + "\n"});
  contents.push_back({output, std::move(bytes)});
  file.write(contents);
}

void deid_photo(RunFile& file, const DeidOptions& options, const FaceFinder& finder, const PhotoHider& hide) {
  const auto& [input, output] = file.report.job();
  if (options.regions == "json" && !options.files.force && !options.run.resume)
    require_absent(record_path(output));
  const MemoryShare memory = options.memory->share(memory_for(input, options.format));
  Photograph photo = read_photograph(input);
  const FaceFinder::Found found = finder.find(input, photo);
  report_faces(file.report, found);
  if (!found.note.empty()) file.report.note(found.note);
  report_pictures_beside(file.report, photo);
  if (!has_faces(file, options, found)) return;
  try {
    const CheckedPicture picture = hide(file.report, photo.image, found.faces);
    const AnonymizationRecord& record = picture.hidden.record;
    file.report.fact("regions", ordered_json::parse(to_json(record))["regions"]);
    report_checks(file.report, picture);
    for (const std::size_t face : redraw_regions(photo, record))
      file.report.note(
          "the outline of face " + std::to_string(face + 1) +
          " stays visible in the picture's transparency, which has to come back; --one-way hides it");
    write(file, photo, record, options);
  } catch (const NotHidden& failure) {
    throw FileError(input, failure.what(), "give it a larger box with --boxes, or pass --no-identity-check");
  }
  file.show(over_white(std::move(photo)));
}

void show_boxes(RunFile& file, const DeidOptions& options, const FaceFinder& finder) {
  const auto& [input, output] = file.report.job();
  const MemoryShare memory = options.memory->share(memory_for(input, PictureFormat::Png));
  Photograph photo = read_photograph(input);
  const FaceFinder::Found found = finder.find(input, photo);
  report_faces(file.report, found);
  has_faces(file, options, found);
  file.write({{output, encode_png(with_boxes(over_white(std::move(photo)), found.faces))}});
}

ordered_json head_of(const DeidOptions& options, const FaceFinder& finder) {
  return {{"mode", options.dry_run ? "dry-run" : to_string(options.mode())}, {"detector", finder.source()}};
}

ordered_json settings_of_faces(const DeidOptions& options, const FaceFinder& finder) {
  return {{"detector", finder.source()},
          {"score", options.faces.score},
          {"min_face", options.faces.smallest},
          {"turned", options.faces.turned},
          {"cascade", options.faces.cascade}};
}

ordered_json listed_boxes(const FaceFinder& finder, const Job& job) {
  ordered_json boxes = ordered_json::array();
  for (const Box& box : finder.listed(job.input)) boxes.push_back(box_json(box));
  return boxes;
}

ordered_json summary_of(const DeidOptions& options, const FaceFinder& finder, const FolderRun& run) {
  ordered_json summary{{"command", "deid"}};
  summary.update(head_of(options, finder));
  summary["photographs"] = run.jobs().size();
  summary["written"] = run.totals().written;
  summary["unchanged"] = run.totals().unchanged;
  summary["faces"] = run.totals().faces;
  summary["regions"] = run.totals().regions;
  return summary;
}

// "3 photographs with 5 faces de-identified (in 4 regions: faces that overlap share one)", and where.
std::string outcome_text(const DeidOptions& options, const FaceFinder& finder, const FolderRun& run) {
  const auto& [written, faces, regions, unchanged, done] = run.totals();
  if (written == 0) return "nothing was written to " + options.files.out.string();
  return counted(written, "photograph") + " with " + counted(faces, "face") + " de-identified" +
         (regions == faces ? ""
                           : " (in " + counted(regions, "region") + ": faces that overlap may share one)") +
         ", in " + options.files.out.string() + run.unchanged_text() +
         (finder.source() == "boxes" ? "" : "; look at them: a detector can miss faces");
}

void dry_run(const DeidOptions& options, FolderRun& run, const Problems& problems) {
  const FaceFinder finder(options.faces, options.common);
  require_output_folder(options.files.out);
  require_unmixed(options.files.out, true);
  const ordered_json unmatched = finder.say_unmatched(run.pictures());
  run.begin(head_of(options, finder), {});
  run.process(workers_without_network(options.common, run.jobs().size()),
              {[&](RunFile& file) { show_boxes(file, options, finder); }});
  const auto& totals = run.totals();
  say(options.common, (totals.written == 0 ? "nothing was written to "
                                           : counted(totals.faces, "face") + " found in " +
                                                 counted(totals.written, "photograph") + ", shown in ") +
                          options.files.out.string() + "; nothing is de-identified");
  ordered_json summary = summary_of(options, finder, run);
  summary["unmatched_boxes"] = unmatched;
  summary["problems"] = problems.count();
  run.finish(std::move(summary));
}

// That JPEGs do not stay JPEGs, and why.
void say_format(const DeidOptions& options, const std::vector<Job>& jobs) {
  const auto is_jpeg_name = [](const Job& job) {
    const std::string extension = job.input.extension().string();
    return extension.size() > 1 && (extension[1] == 'j' || extension[1] == 'J');
  };
  if (options.format == PictureFormat::Png && !options.one_way && std::ranges::any_of(jobs, is_jpeg_name))
    say(options.common, "JPEG photographs are written as PNG: a JPEG would change what restoring needs");
}

void hide_faces(const DeidOptions& options, FolderRun& run, const Problems& problems) {
  say_format(options, run.jobs());
  const FaceFinder finder(options.faces, options.common);
  const PhotoHider hide(options);
  const ordered_json unmatched = finder.say_unmatched(run.pictures());
  require_output_folder(options.files.out);
  require_unmixed(options.files.out, false);
  ordered_json settings = options.run.resume ? hide.settings(options) : ordered_json();
  settings["faces"] = settings_of_faces(options, finder);
  run.begin(head_of(options, finder), settings);
  const std::optional<int> blocks = hide.visible_blocks();
  say(options.common, visible_line(blocks));

  run.process(hide.workers(options.common, run.jobs().size()),
              {[&](RunFile& file) { deid_photo(file, options, finder, hide); },
               [&](const Job& job) { return listed_boxes(finder, job); }});

  say(options.common, outcome_text(options, finder, run));
  ordered_json summary = summary_of(options, finder, run);
  summary["unmatched_boxes"] = unmatched;
  summary["visible_risk"] = visible_json(blocks);
  summary["identity_check"] = hide.checks_identity();
  summary["problems"] = problems.count();
  if (hide.engine()) add_memory(summary, *hide.engine());
  run.finish(std::move(summary));
}

int deid(const DeidOptions& options) {
  if (options.dry_run || options.mode() != AnonymizationMode::Open) require_device(options.common);
  Problems problems;
  FolderRun run(options.common, options.files, options.run, problems,
                {"deid", "photographs", options.dry_run ? kBoxesEnding : extension_of(options.format)});
  const auto work = options.dry_run ? dry_run : hide_faces;
  return run.whole([&] { work(options, run, problems); });
}

}  // namespace

void add_deid(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<DeidOptions>();
  CLI::App* command = add_deid_command(program, *options);
  command->callback([options, &exit_code, command] {
    require_mode(*command, *options);
    for (const auto& read : {options->faces.files(), options->hiding.files()})
      options->run.read.insert(options->run.read.end(), read.begin(), read.end());
    exit_code = deid(*options);
  });
}

}  // namespace bauta
