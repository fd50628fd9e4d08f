#pragma once

namespace tonearm::source {

/// libcurl's global state, with LC_CTYPE, by which it reads host names. The one object of a
/// process: made before there are threads, and destroyed when no source is left.
class HttpLibrary {
 public:
  /// Throws std::runtime_error where libcurl cannot be used.
  HttpLibrary();
  ~HttpLibrary();
  HttpLibrary(const HttpLibrary&) = delete;
  HttpLibrary& operator=(const HttpLibrary&) = delete;
};

}  // namespace tonearm::source
