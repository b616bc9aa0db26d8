//! Search in the films that everybody may find. Full text finds words wherever they stand, trigrams forgive a typo in
//! title and owner.

use super::videos::{Film, films, read_films};
use domain::search::SearchQuery;
use sqlx::PgConnection;

/// How alike (0 to 1) a query and the best matching stretch of a title have to be: "bukc buny" finds "Big Buck Bunny".
const LIKENESS: &str = "0.4";

/// The best films for a query, `offset` of them left out. Wants a transaction: it sets how forgiving trigrams are.
///
/// Each arm gives a bounded number of candidates, so that a word that stands in every description costs no more than a
/// rare one; such a word's title hits come from the trigram arm. What holds the very words of the query next to each
/// other counts more than a title that shares one rare word with it: the similarities of such a title add up to 2.2.
pub async fn best(db: &mut PgConnection, query: &SearchQuery, offset: i64, limit: i64) -> sqlx::Result<Vec<Film>> {
    // Plans of a few milliseconds aren't worth compiling.
    sqlx::query!(
        r#"SELECT set_config('pg_trgm.word_similarity_threshold', $1, true) AS likeness, set_config('jit', 'off', true) AS jit"#,
        LIKENESS
    )
    .fetch_one(&mut *db)
    .await?;
    let rows = films!(
        "JOIN (
             WITH q AS MATERIALIZED (
                 SELECT fold($1) AS text,
                     '%' || replace(replace(replace(fold($1), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' AS pattern,
                     websearch_to_tsquery('simple', fold($1))
                         || coalesce((nullif(plainto_tsquery('simple', fold($1))::text, '') || ':*')::tsquery, ''::tsquery)
                         AS words,
                     phraseto_tsquery('simple', fold($1)) AS phrase
             ), alike AS (
                 SELECT s.video_id FROM video_search s JOIN videos f ON f.id = s.video_id
                 WHERE ((SELECT text FROM q) <% s.title OR s.title LIKE (SELECT pattern FROM q))
                     AND f.visibility = 'public' AND f.published_at IS NOT NULL AND f.deleted_at IS NULL
                 ORDER BY word_similarity((SELECT text FROM q), s.title) DESC LIMIT 300
             ), worded AS (
                 SELECT s.video_id FROM video_search s JOIN videos f ON f.id = s.video_id
                 WHERE s.document @@ (SELECT words FROM q)
                     AND f.visibility = 'public' AND f.published_at IS NOT NULL AND f.deleted_at IS NULL
                 LIMIT 700
             ), phrased AS (
                 SELECT s.video_id FROM video_search s JOIN videos f ON f.id = s.video_id
                 WHERE s.document @@ (SELECT phrase FROM q)
                     AND f.visibility = 'public' AND f.published_at IS NOT NULL AND f.deleted_at IS NULL
                 LIMIT 100
             )
             SELECT s.video_id,
                 2 * word_similarity(q.text, fold(f.title)) + word_similarity(q.text, s.title)
                     + similarity(q.text, fold(f.title))
                     + 2 * ts_rank('{0.05, 0.1, 0.4, 1.0}', s.document, q.words)
                     + 2.5 * (s.document @@ q.phrase)::int AS score
             FROM (SELECT video_id FROM alike UNION SELECT video_id FROM worded UNION SELECT video_id FROM phrased) hit
             JOIN video_search s ON s.video_id = hit.video_id
             JOIN videos f ON f.id = hit.video_id
             CROSS JOIN q
             ORDER BY score DESC, s.video_id LIMIT $2 OFFSET $3
         ) best ON best.video_id = v.id
         ORDER BY best.score DESC, v.id",
        query.as_str(),
        limit,
        offset
    )
    .fetch_all(db)
    .await?;
    read_films(rows)
}
