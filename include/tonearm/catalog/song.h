#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tonearm::catalog {

/// One row of the catalog. Of these only id and file must exist in it; what is NULL or missing is
/// empty. `file` is a secret: it goes to a source, and never to a client.
struct Song {
  std::string id;
  std::string name;
  std::string artist;
  std::optional<double> duration;  ///< Seconds.
  std::string thumbnail;
  std::string file;
  std::string content_type;
  bool growing = false;
  std::string pcm_format;   ///< "s16le/16000/1", ffmpeg's names; empty when it is no raw PCM.
  bool id_is_text = false;  ///< In the catalog, though it may look like a number.

  friend bool operator==(const Song&, const Song&) = default;
};

}  // namespace tonearm::catalog
