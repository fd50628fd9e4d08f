#pragma once

#include "tonearm/base/result.h"

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::catalog {

/// Cuts text into words, case and accents folded: by the tokenizer of SQLite's full-text index
/// (unicode61 remove_diacritics 2), so that a catalog with an index and one without find the same
/// songs. One thread at a time; may outlive the connection that it was made with.
class WordFolder {
 public:
  /// catalog_unavailable when this SQLite has no full-text search.
  static Result<WordFolder> make(sqlite3* connection, const std::string& path);

  std::vector<std::string> words(std::string_view text) const;
  /// Whether each of `wanted` is what a word of `text` begins with.
  bool matches(std::string_view text, const std::vector<std::string>& wanted) const;

 private:
  struct Delete {
    void (*destroy)(Fts5Tokenizer*) = nullptr;
    void operator()(Fts5Tokenizer* tokenizer) const { destroy(tokenizer); }
  };
  using Visitor = int (*)(void*, int, const char*, int, int, int);

  WordFolder(fts5_tokenizer methods, Fts5Tokenizer* tokenizer);
  void visit(std::string_view text, void* context, Visitor visitor) const;

  fts5_tokenizer methods_;
  std::unique_ptr<Fts5Tokenizer, Delete> tokenizer_;
};

/// The words of what somebody typed, each once; more than 32 are not looked at.
std::vector<std::string> wanted_words(const WordFolder& folder, std::string_view typed);

/// The same as a full-text query, for MATCH.
std::string match_expression(const std::vector<std::string>& wanted);

/// Nothing but white space: not a search at all.
bool is_blank(std::string_view typed);

}  // namespace tonearm::catalog
