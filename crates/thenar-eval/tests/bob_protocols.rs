//! Protocol folders of bob, read and written.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use thenar_eval::List;
use thenar_eval::layouts::bob::{
    BobGroup, BobMatch, BobProtocol, BobSample, read_lists, read_tables, write_lists, write_tables,
};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn sample(path: &str, template: &str, subject: &str) -> BobSample {
    BobSample {
        path: path.into(),
        template: template.into(),
        subject: subject.into(),
    }
}

fn pair(template: &str, probe: &str) -> BobMatch {
    BobMatch {
        template: template.into(),
        probe: probe.into(),
    }
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn list(text: &str) -> List {
    List::parse(text.as_bytes(), Path::new("list.txt")).unwrap()
}

#[test]
fn file_lists_are_read_with_their_extension() {
    let folder = folder(&[
        (
            "norm/train_world.lst",
            "# made by hand\ndata/a 1\n\ndata/b 2\n",
        ),
        ("dev/for_models.lst", "data/c m3 3\ndata/d m3 3\n"),
        ("dev/for_probes.lst", "data/e 3\r\ndata/f 4\r\n"),
        ("dev/for_znorm.lst", "data/z 9\n"),
        ("eval/for_models.lst", "data/g 5\n"),
        (
            "eval/for_scores.lst",
            "data/h 5 5 5\ndata/h 5 5 5\ndata/i 5 5 6\n",
        ),
    ]);
    let found = read_lists(folder.path(), ".bmp").unwrap();
    assert_eq!(
        found.train,
        [
            sample("data/a.bmp", "1", "1"),
            sample("data/b.bmp", "2", "2")
        ]
    );
    let dev = found.dev.as_ref().unwrap();
    assert_eq!(dev.enroll[1], sample("data/d.bmp", "m3", "3"));
    assert_eq!(dev.probe[1], sample("data/f.bmp", "data/f.bmp", "4"));
    assert_eq!(dev.matching, None);
    assert_eq!(
        dev.gallery().unwrap().to_text(),
        "data/c.bmp 3\ndata/d.bmp 3\n"
    );
    assert_eq!(
        dev.probes().unwrap().to_text(),
        "data/e.bmp 3\ndata/f.bmp 4\n"
    );
    assert_eq!(
        found.training().unwrap().unwrap().to_text(),
        "data/a.bmp 1\ndata/b.bmp 2\n"
    );
    let eval = found.eval.as_ref().unwrap();
    assert_eq!(eval.enroll, [sample("data/g.bmp", "5", "5")]);
    assert_eq!(eval.probe.len(), 2);
    let matching = eval.matching.as_ref().unwrap();
    assert_eq!(matching[2], pair("5", "data/i.bmp"));
    assert_eq!(matching.len(), 3);
}

#[test]
fn tables_of_both_generations_are_read() {
    let new = folder(&[
        (
            "train/for_background_model.csv",
            "path,subject_id\na.png,1\n",
        ),
        (
            "dev/for_enrolling.csv",
            "key,subject_id,template_id,age\nb.png,3,t1,40\nc.png,3,t1,40\n",
        ),
        (
            "dev/for_probing.csv",
            "path,subject_id,template_id\n\"d,e.png\",3,t5\nf.png,4,t7\n",
        ),
        (
            "dev/for_matching.csv",
            "enroll_template_id,probe_template_id\nt1,t7\n",
        ),
    ]);
    let found = read_tables(new.path(), "").unwrap();
    let dev = found.dev.unwrap();
    assert_eq!(dev.enroll[1], sample("c.png", "t1", "3"));
    assert_eq!(dev.probe[0], sample("d,e.png", "t5", "3"));
    assert_eq!(dev.matching, Some(vec![pair("t1", "t7")]));
    assert_eq!(found.train, [sample("a.png", "1", "1")]);

    let old = folder(&[
        ("norm/train_world.csv", "PATH,TEMPLATE_ID\ndata/a,1\n"),
        (
            "dev/for_models.csv",
            "PATH,TEMPLATE_ID,GENDER\ndata/b,2,F\n",
        ),
        ("dev/for_probes.csv", "PATH,TEMPLATE_ID\ndata/c,2\n"),
    ]);
    let found = read_tables(old.path(), ".jpg").unwrap();
    assert_eq!(found.train, [sample("data/a.jpg", "1", "1")]);
    assert_eq!(found.dev.unwrap().enroll, [sample("data/b.jpg", "2", "2")]);
}

#[test]
fn what_is_wrong_in_a_list_is_told_with_its_line() {
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[("notes.txt", "x")], "holds no protocol"),
        (
            &[("norm/train_world.lst", "a 1\nb 2 3\n")],
            "train_world.lst:2: 3 fields, expected 2",
        ),
        (&[("norm/train_world.lst", "# nothing\n")], "holds no row"),
        (
            &[("norm/train_world.lst", "a t:1\n")],
            "\"t:1\" holds ':', at which bob parts a field",
        ),
        (
            &[("dev/for_models.lst", "a 1 1\n")],
            "for_probes.lst: cannot be read",
        ),
        (
            &[("dev/for_probes.lst", "a 1\n")],
            "for_models.lst: cannot be read",
        ),
        (
            &[
                ("dev/for_models.lst", "a m 1\nb m 2\n"),
                ("dev/for_probes.lst", "c 1\n"),
            ],
            "template \"m\" is of \"1\" and of \"2\"",
        ),
        (
            &[
                ("dev/for_models.lst", "a m 1\n"),
                ("dev/for_scores.lst", "c n 1 1\n"),
            ],
            "model \"n\" is not in for_models.lst",
        ),
        (
            &[
                ("dev/for_models.lst", "a m 1\n"),
                ("dev/for_scores.lst", "c m 1 1\nc m 1 2\n"),
            ],
            "template \"c\" is of \"1\" and of \"2\"",
        ),
    ];
    for (files, expected) in cases {
        let found = read_lists(folder(files).path(), "")
            .unwrap_err()
            .to_string();
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn what_is_wrong_in_a_table_is_told_with_its_line() {
    let enroll = (
        "dev/for_enrolling.csv",
        "path,subject_id,template_id\na,1,t\n",
    );
    let probe = (
        "dev/for_probing.csv",
        "path,subject_id,template_id\nb,1,p\n",
    );
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[("notes.txt", "x")], "holds no protocol"),
        (
            &[("norm/train_world.csv", "path,subject_id\na\n")],
            "train_world.csv:2: 1 fields, expected 2",
        ),
        (
            &[("norm/train_world.csv", "path,name\na,b\n")],
            "no column subject_id",
        ),
        (
            &[("norm/train_world.csv", "file,subject_id\na,b\n")],
            "no column path (or key)",
        ),
        (
            &[("norm/train_world.csv", "path,subject_id\na,\n")],
            "an empty field",
        ),
        (
            &[
                enroll,
                probe,
                (
                    "dev/for_matching.csv",
                    "enroll_template_id,probe_template_id\nt,q\n",
                ),
            ],
            "for_matching.csv:2: template \"q\" is not in the group",
        ),
        (
            &[enroll, probe, ("dev/for_matching.csv", "a,b\nt,p\n")],
            "no columns enroll_template_id",
        ),
    ];
    for (files, expected) in cases {
        let found = read_tables(folder(files).path(), "")
            .unwrap_err()
            .to_string();
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn lists_become_a_protocol_in_which_every_image_is_a_template() {
    let train = list("s1/1.bmp 0\ns1/2.bmp 1\n");
    let gallery = list("s1/3.bmp 2\ns1/4.bmp 2\n");
    let probe = list("s2/3.bmp 2\ns2/5.bmp 3\n");
    let protocol = BobProtocol::of(Some(&train), None, Some((&gallery, &probe)));
    let (lists, tables) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_lists(&protocol, lists.path(), ".bmp").unwrap();
    write_tables(&protocol, tables.path(), ".bmp").unwrap();
    assert_eq!(
        text(lists.path(), "norm/train_world.lst"),
        "s1/1 0\ns1/2 1\n"
    );
    assert_eq!(
        text(lists.path(), "eval/for_models.lst"),
        "s1/3 2-g1 2\ns1/4 2-g2 2\n"
    );
    assert_eq!(
        text(lists.path(), "eval/for_probes.lst"),
        "s2/3 2\ns2/5 3\n"
    );
    assert!(!lists.path().join("dev").exists());
    assert_eq!(
        text(tables.path(), "eval/for_probing.csv"),
        "path,subject_id,template_id\ns2/3,2,2-p1\ns2/5,3,3-p1\n"
    );
    for found in [
        read_lists(lists.path(), ".bmp").unwrap(),
        read_tables(tables.path(), ".bmp").unwrap(),
    ] {
        let eval = found.eval.as_ref().unwrap();
        assert_eq!(
            found.training().unwrap().unwrap().to_text(),
            train.to_text()
        );
        assert_eq!(eval.gallery().unwrap().to_text(), gallery.to_text());
        assert_eq!(eval.probes().unwrap().to_text(), probe.to_text());
        assert_eq!(found.dev, None);
    }
}

#[test]
fn nothing_is_written_that_bob_would_read_otherwise() {
    let named = list("tongji/1.bmp tongji:1\n");
    let protocol = BobProtocol::of(Some(&named), None, None);
    let folder = tempfile::tempdir().unwrap();
    let refused = write_lists(&protocol, folder.path(), ".bmp")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("\"tongji:1\" holds ':'"), "{refused}");
    let refused = write_lists(&protocol, folder.path(), ".png")
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("\"tongji/1.bmp\" does not end in \".png\""),
        "{refused}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // The comma-separated files can hold it.
    write_tables(&protocol, folder.path(), "").unwrap();
    let again = write_tables(&protocol, folder.path(), "")
        .unwrap_err()
        .to_string();
    assert!(again.contains("train: is there already"), "{again}");
    let empty = write_lists(&BobProtocol::default(), folder.path(), "").unwrap_err();
    assert!(
        empty.to_string().contains("the protocol is empty"),
        "{empty}"
    );
}

/// Groups with one probe image per template, as file lists know them.
fn group() -> impl Strategy<Value = BobGroup> {
    let names = proptest::collection::vec(("[a-z/.+-]{1,8}", 0u8..4), 1..8);
    (names.clone(), names, any::<bool>()).prop_map(|(enroll, probe, sparse)| {
        let of = |rows: Vec<(String, u8)>, probes: bool| -> Vec<BobSample> {
            let rows = rows.into_iter().enumerate();
            rows.map(|(n, (name, subject))| {
                let path = format!("{n}{name}.png");
                let template = format!("{subject}-{}", n / 2 * 10 + usize::from(subject));
                BobSample {
                    template: if probes { path.clone() } else { template },
                    path,
                    subject: format!("s{subject}"),
                }
            })
            .collect()
        };
        let (enroll, probe) = (of(enroll, false), of(probe, true));
        let every = |probe: &BobSample| pair(&enroll[0].template, &probe.template);
        let matching = sparse.then(|| probe.iter().map(every).collect());
        BobGroup {
            enroll,
            probe,
            matching,
        }
    })
}

proptest! {
    // Every case writes some ten files, each of them synced to the disk.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_written_is_read(dev in group(), eval in proptest::option::of(group())) {
        let train = dev.enroll.iter().map(|s| BobSample { template: s.subject.clone(), ..s.clone() });
        let protocol = BobProtocol { train: train.collect(), dev: Some(dev), eval };
        let (lists, tables) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_lists(&protocol, lists.path(), ".png").unwrap();
        prop_assert_eq!(&read_lists(lists.path(), ".png").unwrap(), &protocol);
        write_tables(&protocol, tables.path(), ".png").unwrap();
        prop_assert_eq!(&read_tables(tables.path(), ".png").unwrap(), &protocol);
    }

}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(content in "[a-z0-9 ,\"#\n:_/.]{0,80}") {
        let folder = folder(&[
            ("norm/train_world.lst", &content),
            ("norm/train_world.csv", &content),
            ("dev/for_models.lst", &content),
            ("dev/for_scores.lst", &content),
            ("dev/for_enrolling.csv", &content),
            ("dev/for_probing.csv", &content),
        ]);
        let _ = read_lists(folder.path(), "");
        let _ = read_tables(folder.path(), "");
    }
}
