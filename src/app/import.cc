#include "app/import.h"

#include "tonearm/base/locator.h"
#include "tonearm/catalog/catalog_writer.h"
#include "tonearm/source/check_locator.h"

#include "app/commands.h"
#include "app/import_report.h"
#include "app/layer_options.h"
#include "app/m3u_file.h"
#include "app/media_files.h"
#include "app/media_tags.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tonearm::app {
namespace {

namespace fs = std::filesystem;
using catalog::CatalogWriter;
using catalog::ImportedSong;

/// Songs of one transaction: enough to be quick, few enough to be there soon.
constexpr std::size_t batch_size = 200;

volatile std::sig_atomic_t interrupted = 0;

void interrupt(int) { interrupted = 1; }
bool is_interrupted() { return interrupted != 0; }

/// What was asked for, told apart.
struct Wanted {
  std::vector<std::string> locators;
  std::vector<std::string> paths;  ///< Of files and directories.
  std::string impossible;  ///< Why nothing could come of one of them; empty when something could.
};

bool is_path(const Result<Locator>& locator) {
  return !locator || locator->kind == Locator::Kind::plain || locator->kind == Locator::Kind::file;
}

/// What is wrong with an argument whatever the disk holds; empty when nothing is.
std::string fault_of(const Config& config, const std::string& one, const Result<Locator>& locator) {
  if (!is_path(locator)) {
    const auto checked = source::check_locator(*locator);
    return checked ? std::string() : one + ": " + checked.error().detail;
  }
  std::error_code failed;
  if (one.empty() || fs::exists(one, failed) || failed) return {};
  if (!locator) return one + ": " + locator.error().detail;
  if (locator->kind != Locator::Kind::file) return {};
  const fs::path file = fs::path(config.files.root) / locator->value;
  return one + ": is a row's way to name a file; give the file itself, " +
         file.lexically_normal().string();
}

Wanted told_apart(const Config& config, const std::vector<std::string>& what) {
  const auto is_resolver = resolver_names(config);
  Wanted wanted;
  for (const std::string& one : what) {
    const auto locator = parse_locator(one, is_resolver);
    (is_path(locator) ? wanted.paths : wanted.locators).push_back(one);
    if (wanted.impossible.empty()) wanted.impossible = fault_of(config, one, locator);
  }
  return wanted;
}

ImportedSong song_of(const std::string& locator) {
  ImportedSong song;
  song.file = locator;
  song.guessed_name = title_from_locator(locator);
  song.guessed_type = media_type_of(locator);
  return song;
}

Result<ImportedSong> song_of(const MediaFile& file) {
  auto tags = read_media_tags(file.path);
  if (!tags) return tags.error();
  ImportedSong song;
  song.file = file.locator;
  song.name = std::move(tags->title);
  song.guessed_name = title_from_name(file.path);
  song.artist = std::move(tags->artist);
  song.album = std::move(tags->album);
  song.duration = tags->seconds;
  song.guessed_type = media_type_of(file.path);
  song.size = file.size;
  song.modified = file.modified;
  return song;
}

class Import {
 public:
  Import(const Config& config, CatalogWriter& writer) : config_(config), writer_(writer) {}

  /// A playlist's songs are wanted too. False when the catalog cannot be written any more.
  bool run(Wanted wanted, const std::optional<M3uFile>& playlist);
  void add_playlist(const M3uFile& playlist);
  ImportReport& report() { return report_; }

 private:
  bool add(ImportedSong song);
  bool flush();
  void count(CatalogWriter::Written written);
  bool add_files(const std::vector<MediaFile>& files);
  void want_entries(const M3uFile& playlist, Wanted& wanted) const;
  std::optional<fs::path> file_of(const M3uFile& playlist, const std::string& entry) const;
  std::optional<fs::path> media_file_of(const M3uFile& playlist, const std::string& entry) const;
  std::optional<std::int64_t> find_entry(const M3uFile& playlist, const std::string& entry) const;

  const Config& config_;
  CatalogWriter& writer_;
  ImportReport report_{0};
  std::vector<ImportedSong> batch_;
  std::optional<MediaFinder> finder_;
};

bool Import::run(Wanted wanted, const std::optional<M3uFile>& playlist) {
  std::error_code failed;
  const fs::path root = fs::canonical(config_.files.root, failed);
  const auto complain = [this](const std::string& path, const std::string& why) {
    report_.complain(path + ": " + why);
  };
  if (!failed) finder_.emplace(root, complain, &is_interrupted);
  if (playlist) want_entries(*playlist, wanted);
  std::vector<MediaFile> files;
  if (finder_) {
    for (const std::string& path : wanted.paths) finder_->add(path);
    files = finder_->take();
  } else if (!wanted.paths.empty()) {
    complain("files.root: " + config_.files.root, failed.message());
    return false;
  }
  report_.set_total(files.size() + wanted.locators.size());
  for (const std::string& locator : wanted.locators) {
    if (is_interrupted()) break;
    if (!add(song_of(locator))) return false;
    report_.advance();
  }
  return add_files(files) && flush();
}

bool Import::add_files(const std::vector<MediaFile>& files) {
  for (const MediaFile& file : files) {
    if (is_interrupted()) return true;
    if (writer_.is_unchanged(file.locator, file.size, file.modified)) {
      ++report_.unchanged;
    } else if (auto song = song_of(file)) {
      if (!add(std::move(*song))) return false;
    } else {
      report_.complain(file.given + ": " + song.error().detail);
    }
    report_.advance();
  }
  return true;
}

bool Import::add(ImportedSong song) {
  batch_.push_back(std::move(song));
  return batch_.size() < batch_size || flush();
}

void Import::count(CatalogWriter::Written written) {
  switch (written) {
    case CatalogWriter::Written::added:
      ++report_.added;
      break;
    case CatalogWriter::Written::updated:
      ++report_.updated;
      break;
    case CatalogWriter::Written::unchanged:
      ++report_.unchanged;
      break;
  }
}

bool Import::flush() {
  if (batch_.empty()) return true;
  const auto written = writer_.write(batch_);
  if (!written) {
    if (!is_interrupted()) report_.complain(written.error().detail);
    return false;
  }
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const auto& one = (*written)[i];
    if (one) {
      count(*one);
    } else {
      report_.complain(batch_[i].file + ": " + one.error().detail);
    }
  }
  batch_.clear();
  return true;
}

/// What could not be imported is not wanted: it is complained of when the playlist is written.
void Import::want_entries(const M3uFile& playlist, Wanted& wanted) const {
  const auto is_resolver = resolver_names(config_);
  for (const std::string& entry : playlist.entries) {
    if (writer_.find(entry)) continue;
    const auto locator = parse_locator(entry, is_resolver);
    if (!is_path(locator)) {
      if (source::check_locator(*locator)) wanted.locators.push_back(entry);
    } else if (const auto file = media_file_of(playlist, entry)) {
      wanted.paths.push_back(file->string());
    }
  }
}

/// The file below files.root that an entry means.
std::optional<fs::path> Import::file_of(const M3uFile& playlist, const std::string& entry) const {
  if (!finder_) return std::nullopt;
  for (const std::string& name : possible_names(entry)) {
    const fs::path file = playlist.path.parent_path() / name;
    if (!finder_->locator_of(file).empty()) return file;
  }
  return std::nullopt;
}

std::optional<fs::path> Import::media_file_of(const M3uFile& playlist,
                                              const std::string& entry) const {
  auto file = file_of(playlist, entry);
  if (file && media_type_of(file->string()).empty()) file.reset();
  return file;
}

std::optional<std::int64_t> Import::find_entry(const M3uFile& playlist,
                                               const std::string& entry) const {
  // As it stands first: locators, and names as other programs write them.
  if (const auto id = writer_.find(entry)) return id;
  const auto file = file_of(playlist, entry);
  return file ? writer_.find(finder_->locator_of(*file)) : std::nullopt;
}

void Import::add_playlist(const M3uFile& playlist) {
  const auto complain = [&](const std::string& entry, const std::string& why) {
    report_.complain(playlist.path.string() + ": " + entry + why);
  };
  std::vector<std::string> chosen;
  const auto choose = [&]() -> std::optional<std::vector<std::int64_t>> {
    std::vector<std::int64_t> songs;
    for (const std::string& entry : playlist.entries) {
      if (const auto id = find_entry(playlist, entry)) {
        songs.push_back(*id);
        chosen.push_back(entry);
      } else {
        complain(entry, media_file_of(playlist, entry)
                            ? " is not in the catalog"
                            : " is not in the catalog, and names no media file below files.root");
      }
    }
    // Its paths have changed, or it is of another disk: no reason to lose the one that is there.
    if (songs.empty() && !playlist.entries.empty()) return std::nullopt;
    return songs;
  };
  const auto written = writer_.write_playlist(playlist.name, choose);
  if (!written) {
    if (!is_interrupted()) report_.complain(written.error().detail);
    return;
  }
  for (std::size_t i = 0; i < written->size(); ++i) {
    const auto& one = (*written)[i];
    if (!one) complain(chosen[i], ": " + one.error().detail);
  }
}

/// What makes an import senseless before it begins; empty when nothing does.
std::string objection(const Config& config, const Wanted& wanted) {
  if (!config.catalog.lookup.empty()) {
    return "catalog.lookup is set: import writes the table music_song, which is then not read";
  }
  if (!wanted.impossible.empty()) return wanted.impossible;
  if (wanted.paths.empty()) return {};
  std::error_code failed;
  for (const std::string& path : wanted.paths) {
    const auto status = fs::status(path, failed);
    if (!fs::exists(status)) return path + ": " + (failed ? failed.message() : "does not exist");
  }
  // Absolute before its parent is taken: that of a bare name is empty.
  const fs::path first = fs::absolute(wanted.paths.front());
  const fs::path above = fs::is_directory(first, failed) ? first : first.parent_path();
  if (config.files.root.empty()) {
    return "files.root is not set, so that no file could be served; set [files] root = \"" +
           above.lexically_normal().string() + "\" or a directory above it";
  }
  if (!fs::is_directory(config.files.root, failed)) {
    return "files.root: " + config.files.root + " is no directory";
  }
  return {};
}

/// SQLite opens for reading what it may not make, and so finds that it is not there.
std::string why_not_written(const std::string& catalog, const Error& error) {
  std::error_code failed;
  const fs::path directory = fs::absolute(catalog).parent_path();
  if (fs::exists(catalog, failed) || !fs::is_directory(directory, failed) ||
      ::access(directory.c_str(), W_OK | X_OK) == 0) {
    return error.detail;
  }
  return catalog + ": cannot be made: " + std::generic_category().message(errno);
}

}  // namespace

int run_import(const Config& config, const ImportArguments& arguments) {
  const Wanted wanted = told_apart(config, arguments.what);
  if (const auto problem = objection(config, wanted); !problem.empty()) return complain(problem);
  std::optional<M3uFile> playlist;
  if (arguments.playlist) {
    auto read = read_m3u_file(*arguments.playlist);
    if (!read) return complain(read.error().detail);
    playlist = std::move(*read);
  }
  std::signal(SIGINT, &interrupt);
  std::signal(SIGTERM, &interrupt);
  const auto writer = CatalogWriter::open(config.catalog.path, &is_interrupted);
  if (!writer) {
    return complain(is_interrupted() ? "interrupted; nothing was imported"
                                     : why_not_written(config.catalog.path, writer.error()),
                    1);
  }
  Import import(config, **writer);
  const bool went_on = import.run(wanted, playlist) && !is_interrupted();
  if (went_on && playlist) import.add_playlist(*playlist);
  if (is_interrupted()) import.report().tell("interrupted; what was imported so far is kept");
  import.report().finish();
  return import.report().failed == 0 && !is_interrupted() ? 0 : 1;
}

}  // namespace tonearm::app
